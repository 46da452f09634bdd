import { preprocessed } from '@signwave/data';
import type { InputNode, InputRecipe } from '@signwave/format';
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
  const { height, width, channels, recipe } = node;
  const staging = context.fixed(height * width * channels * 4);
  const input = pointer(staging);
  const floatPixel = { rowBytes: width * channels * 4, pixelBytes: channels * 4 };
  const staged = { region: staging, shape: node, origin: input, ...floatPixel };
  const planes = layout === 'planes' ? context.newFloatPlanes(0) : undefined;
  const pixels = planes ? undefined : context.newFloatMap(0);
  const output = (planes ?? pixels)!;
  const floats = planes
    ? relayout('pixelsToPlanes', relayoutFields(planes, staged), [0], 'pixels to planes')
    : copyPixelsStep(staged, pixels!, node, [0]);
  if (!recipe) return { staging, floats };
  const bytes: PlannedStep = {
    kernel: 'byteInput',
    record: {
      input,
      output: output.origin,
      outputRowBytes: output.rowBytes,
      outputPixelBytes: pixels?.pixelBytes ?? 4,
      outputChannelBytes: planes?.planeBytes ?? 4,
      rows: height,
      columns: width,
      channels,
      tables: context.constant(byteTables(recipe, channels)),
    },
    share: {
      by: 'rows',
      units: height,
      unitBytes: { input: width * channels, output: output.rowBytes },
      elements: height * width * channels,
    },
    nodes: [0],
    reason: 'bytes to floats by a table per channel',
  };
  return { staging, bytes, floats };
}

/** Computes the value of each byte by the recipe (SPEC 4.1): f32 (channels, 256). */
function byteTables(recipe: InputRecipe, channels: number): Float32Array {
  return Float32Array.from({ length: channels * 256 }, (_, i) => preprocessed(recipe, i >> 8, i & 255));
}
