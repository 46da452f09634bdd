import type { MapShape, SliceSpatialNode } from '@signwave/format';
import { type JoiningNode, joinedBy } from '../plan/joined.js';
import type { FloatMap } from '../plan/maps.js';
import { behind } from '../plan/region.js';
import type { PlannedStep } from '../plan/step.js';
import { BLOCK } from './filters.js';
import type { Room } from './room.js';

/** Takes every n-th row and column. */
export const slicePixels: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const index = fused.head!;
    const { inputs, start, step } = context.node(index) as SliceSpatialNode;
    const { origin, rowBytes, pixelBytes } = context.floatMap(inputs[0]!);
    const output = context.newFloatMap(index);
    const taken = {
      origin: behind(origin, start.height * rowBytes + start.width * pixelBytes),
      rowBytes: step.height * rowBytes,
      pixelBytes: step.width * pixelBytes,
    };
    context.steps.push(copyPixelsStep(taken, output, output.shape, [index]));
  },
};

/** Joins the channels of several maps, or adds channels of zeros to one. */
export const joinPixels: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const index = fused.head!;
    const node = context.node(index) as JoiningNode;
    const output = context.newFloatMap(index, node.op === 'padChannels');
    for (const { operand, channel } of joinedBy(node, context.shapes)) {
      const input = context.floatMap(operand);
      const place = { ...output, origin: behind(output.origin, channel * 4) };
      context.steps.push(copyPixelsStep(input, place, input.shape, [index]));
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

/** A map, or what follows `origin` in one. */
type Pixels = Pick<FloatMap, 'origin' | 'rowBytes' | 'pixelBytes'>;

/** Gives the fields of a record that say where the pixels of two maps of a shape lie, and how threads share their rows. */
export function pixelFields(input: Pixels, output: Pixels, { height, width, channels }: MapShape) {
  return {
    fields: {
      input: input.origin,
      inputRowBytes: input.rowBytes,
      inputPixelBytes: input.pixelBytes,
      output: output.origin,
      outputRowBytes: output.rowBytes,
      outputPixelBytes: output.pixelBytes,
      rows: height,
      columns: width,
    },
    share: {
      by: 'rows' as const,
      units: height,
      unitBytes: { input: input.rowBytes, output: output.rowBytes },
      elements: height * width * channels,
    },
  };
}

/** Plans a step that copies pixels of this shape; threads share rows. */
export function copyPixelsStep(
  input: Pixels,
  output: Pixels,
  shape: MapShape,
  nodes: readonly number[],
  reason = 'moves pixels',
): PlannedStep {
  const { fields, share } = pixelFields(input, output, shape);
  return { kernel: 'copyPixels', record: { ...fields, channels: shape.channels }, share, nodes, reason };
}
