import { preprocessed } from '@signwave/data';
import type { InputNode, InputRecipe } from '@signwave/format';
import type { FloatMap } from '../plan/maps.js';
import type { PlanContext } from '../plan/plan-context.js';
import { pointer, type Region } from '../plan/region.js';
import type { PlannedStep } from '../plan/step.js';
import { copyPixelsStep } from './copy-pixels.js';
import { relayout, relayoutFields } from './relayout.js';
import type { Layout } from './room.js';

interface InputSteps {
  /** Where the caller writes bytes or floats (H, W, C). */
  readonly staging: Region;
  readonly bytes?: PlannedStep;
  readonly floats: PlannedStep;
}

/** Plans the steps that bring bytes or floats from `staging` into the map of the input node. */
export function planInput(context: PlanContext, layout: Layout): InputSteps {
  const node = context.node(0) as InputNode;
  const staging = context.fixed(node.height * node.width * node.channels * 4);
  return layout === 'planes' ? planInputPlanes(context, node, staging) : planInputPixels(context, node, staging);
}

function planInputPixels(context: PlanContext, node: InputNode, staging: Region): InputSteps {
  const map = context.newFloatMap(0);
  const { height, width, channels, recipe } = node;
  const staged = stagedMap(node, staging, 4);
  const floats = copyPixelsStep(staged, map, node, [0]);
  if (!recipe) return { staging, floats };
  const tables = context.constant(byteTables(recipe, channels));
  const bytes: PlannedStep = {
    kernel: 'byteInput',
    record: {
      input: staged.origin,
      output: map.origin,
      outputPixelBytes: map.pixelBytes,
      pixels: height * width,
      channels,
      tables,
    },
    reads: [staging],
    writes: [map.region],
    nodes: [0],
    reason: 'bytes to floats by a table per channel',
  };
  return { staging, bytes, floats };
}

function planInputPlanes(context: PlanContext, node: InputNode, staging: Region): InputSteps {
  const { channels, recipe } = node;
  const planes = context.newFloatPlanes(0);
  const fields = (elementBytes: number) => relayoutFields(planes, stagedMap(node, staging, elementBytes));
  const floats = relayout('pixelsToPlanes', fields(4), [0], 'pixels to planes');
  if (!recipe) return { staging, floats };
  const tables = context.constant(byteTables(recipe, channels));
  const reason = 'bytes to floats by a table per channel, pixels to planes';
  return { staging, bytes: relayout('byteInputPlanes', { ...fields(1), tables }, [0], reason), floats };
}

/** Describes what the caller writes to `staging`: pixels without padding channels. */
function stagedMap(shape: InputNode, region: Region, elementBytes: number): FloatMap {
  const pixelBytes = shape.channels * elementBytes;
  return { region, shape, origin: pointer(region), rowBytes: shape.width * pixelBytes, pixelBytes };
}

/** Computes the value of each byte by the recipe (SPEC 4.1): f32 (channels, 256). */
function byteTables(recipe: InputRecipe, channels: number): Float32Array {
  return Float32Array.from({ length: channels * 256 }, (_, i) => preprocessed(recipe, i >> 8, i & 255));
}
