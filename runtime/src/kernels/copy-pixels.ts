import type { MapShape, PadChannelsNode, SliceSpatialNode } from '@signwave/format';
import type { FloatMap } from '../plan/maps.js';
import { pointer } from '../plan/region.js';
import type { PlannedStep } from '../plan/step.js';
import { BLOCK } from './filters.js';
import type { Room } from './room.js';

/** Copies pixels: for added channels of zeros, or to take every n-th row and column. */
export const copyPixels: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const index = fused.head!;
    const node = context.node(index) as PadChannelsNode | SliceSpatialNode;
    const input = context.floatMap(node.inputs[0]!);
    if (node.op === 'padChannels') {
      const output = atChannel(context.newFloatMap(index, true), node.before);
      context.steps.push(copyPixelsStep(input, output, input.shape, [index]));
      return;
    }
    const output = context.newFloatMap(index);
    const { start, step } = node;
    const { region } = input;
    const taken = {
      origin: pointer(region, start.height * input.rowBytes + start.width * input.pixelBytes),
      rowBytes: step.height * input.rowBytes,
      pixelBytes: step.width * input.pixelBytes,
    };
    context.steps.push(copyPixelsStep(taken, output, output.shape, [index]));
  },
};

/** Joins the channels of several maps. */
export const concat: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const index = fused.head!;
    const output = context.newFloatMap(index);
    let before = 0;
    for (const operand of context.node(index).inputs) {
      const input = context.floatMap(operand);
      context.steps.push(copyPixelsStep(input, atChannel(output, before), input.shape, [index]));
      before += input.shape.channels;
    }
  },
};

/** Flattens (H, W, C) to (1, 1, H * W * C). If pixels have no padding channels, there is nothing to do. */
export const flatten: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const index = fused.head!;
    const input = context.floatMap(context.node(index).inputs[0]!);
    const { height, width, channels } = input.shape;
    if (channels % BLOCK === 0) {
      const pixelBytes = height * input.rowBytes;
      context.shareFloatMap(index, { ...input, rowBytes: pixelBytes, pixelBytes });
      return;
    }
    const { origin } = context.newFloatMap(index);
    const output = { origin, rowBytes: width * channels * 4, pixelBytes: channels * 4 };
    context.steps.push(copyPixelsStep(input, output, input.shape, [index]));
  },
};

/** Gives the pixels of a map from a channel on. */
function atChannel({ region, rowBytes, pixelBytes }: FloatMap, channel: number): Pixels {
  return { origin: pointer(region, channel * 4), rowBytes, pixelBytes };
}

/** A map, or what follows `origin` in one. */
type Pixels = Pick<FloatMap, 'origin' | 'rowBytes' | 'pixelBytes'>;

/** Plans a step that copies pixels of this shape; threads share rows. */
export function copyPixelsStep(
  input: Pixels,
  output: Pixels,
  { height, width, channels }: MapShape,
  nodes: readonly number[],
  reason = 'moves pixels',
): PlannedStep {
  return {
    kernel: 'copyPixels',
    record: {
      input: input.origin,
      inputRowBytes: input.rowBytes,
      inputPixelBytes: input.pixelBytes,
      output: output.origin,
      outputRowBytes: output.rowBytes,
      outputPixelBytes: output.pixelBytes,
      rows: height,
      columns: width,
      channels,
    },
    reads: [input.origin.region],
    writes: [output.origin.region],
    share: {
      by: 'rows',
      units: height,
      unitBytes: { input: input.rowBytes, output: output.rowBytes },
      elements: height * width * channels,
    },
    nodes,
    reason,
  };
}
