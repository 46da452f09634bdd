import type { InputNode, InputRecipe } from '@signwave/format';
import type { PlanContext } from './context.js';
import { floatFields } from './conversions.js';
import type { Step } from './plan.js';
import { pointer, type Region } from './regions.js';

interface InputSteps {
  /** Where the caller puts bytes or floats (H, W, C). */
  readonly staging: Region;
  readonly bytes?: Step;
  readonly floats: Step;
}

/** The steps that bring bytes or floats from `staging` into the map of the input node, in the layout that its readers want. */
export function planInput(context: PlanContext, node: InputNode, asPlanes: boolean): InputSteps {
  const staging = context.fixed(node.height * node.width * node.channels * 4);
  return asPlanes ? planInputPlanes(context, node, staging) : planInputPixels(context, node, staging);
}

function planInputPixels(context: PlanContext, node: InputNode, staging: Region): InputSteps {
  const { region, pixelBytes } = context.newFloatMap(0);
  const { height, width, channels, recipe } = node;
  const floats: Step = {
    kernel: 'copyPixels',
    record: {
      name: 'Copy',
      values: {
        input: pointer(staging),
        inputRowBytes: width * channels * 4,
        inputPixelBytes: channels * 4,
        output: pointer(region),
        outputRowBytes: width * pixelBytes,
        outputPixelBytes: pixelBytes,
        rows: height,
        columns: width,
        channels,
      },
    },
    nodes: [0],
    reason: 'moves pixels',
  };
  if (!recipe) return { staging, floats };
  const bytes: Step = {
    kernel: 'byteInput',
    record: {
      name: 'ByteInput',
      values: {
        input: pointer(staging),
        output: pointer(region),
        outputPixelBytes: pixelBytes,
        pixels: height * width,
        channels,
        tables: context.constant(byteTables(recipe, channels)),
      },
    },
    nodes: [0],
    reason: 'bytes to floats by a table per channel',
  };
  return { staging, bytes, floats };
}

function planInputPlanes(context: PlanContext, node: InputNode, staging: Region): InputSteps {
  const { channels, recipe } = node;
  const planes = context.newFloatPlanes(0);
  const fields = (elementBytes: number) =>
    floatFields(planes, { region: staging, shape: node, pixelBytes: channels * elementBytes });
  const floats: Step = {
    kernel: 'pixelsToPlanes',
    record: { name: 'Relayout', values: fields(4) },
    nodes: [0],
    reason: 'pixels to planes',
  };
  if (!recipe) return { staging, floats };
  const tables = context.constant(byteTables(recipe, channels));
  const bytes: Step = {
    kernel: 'byteInputPlanes',
    record: { name: 'Relayout', values: { ...fields(1), tables } },
    nodes: [0],
    reason: 'bytes to floats by a table per channel, pixels to planes',
  };
  return { staging, bytes, floats };
}

/** SPEC 4.1: f32 (channels, 256), what each byte becomes. */
function byteTables(recipe: InputRecipe, channels: number): Float32Array {
  const tables = new Float32Array(channels * 256);
  for (let c = 0; c < channels; c++) {
    const mean = Math.fround(recipe.mean[c]!);
    const std = Math.fround(recipe.std[c]!);
    for (let byte = 0; byte < 256; byte++) {
      const scaled = Math.fround(byte / Math.fround(recipe.divisor));
      tables[c * 256 + byte] = Math.fround(Math.fround(scaled - mean) / std);
    }
  }
  return tables;
}
