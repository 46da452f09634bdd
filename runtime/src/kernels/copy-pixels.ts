import type { PadChannelsNode, SliceSpatialNode } from '@signwave/format';
import type { FloatMap } from '../plan/maps.js';
import type { PlanContext } from '../plan/plan-context.js';
import { pointer } from '../plan/region.js';
import type { PlannedStep } from '../plan/step.js';
import { BLOCK } from './filters.js';
import type { CopyRecord } from './generated/records.js';
import type { Room } from './room.js';

/** Copies pixels: for added channels of zeros, or to take every n-th row and column. */
export const copyPixels: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const index = fused.head!;
    const node = context.node(index) as PadChannelsNode | SliceSpatialNode;
    const input = context.floatMap(node.inputs[0]!);
    if (node.op === 'sliceSpatial') copyMap(context, index, input, context.newFloatMap(index), node);
    else copyMap(context, index, input, context.newFloatMap(index, true), { channelOffset: node.before });
  },
};

/** Joins the channels of several maps. */
export const concat: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const index = fused.head!;
    const output = context.newFloatMap(index);
    let channelOffset = 0;
    for (const operand of context.node(index).inputs) {
      const input = context.floatMap(operand);
      copyMap(context, index, input, output, { channelOffset });
      channelOffset += input.shape.channels;
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
      context.shareFloatMap(index, { ...input, pixelBytes: height * width * input.pixelBytes });
      return;
    }
    const output = context.newFloatMap(index);
    copyMap(context, index, input, { ...output, shape: input.shape, pixelBytes: channels * 4 });
  },
};

interface CopyGeometry {
  readonly channelOffset?: number;
  readonly start?: { readonly height: number; readonly width: number };
  readonly step?: { readonly height: number; readonly width: number };
}

const ORIGIN = { height: 0, width: 0 };
const EACH = { height: 1, width: 1 };

function copyMap(
  context: PlanContext,
  index: number,
  input: FloatMap,
  output: FloatMap,
  { channelOffset = 0, start = ORIGIN, step = EACH }: CopyGeometry = {},
): void {
  const inputRowBytes = input.shape.width * input.pixelBytes;
  context.steps.push(
    copyPixelsStep(
      {
        input: pointer(input.region, start.height * inputRowBytes + start.width * input.pixelBytes),
        inputRowBytes: step.height * inputRowBytes,
        inputPixelBytes: step.width * input.pixelBytes,
        output: pointer(output.region, channelOffset * 4),
        outputRowBytes: output.shape.width * output.pixelBytes,
        outputPixelBytes: output.pixelBytes,
        rows: output.shape.height,
        columns: output.shape.width,
        channels: input.shape.channels,
      },
      [index],
      'moves pixels',
    ),
  );
}

export function copyPixelsStep(record: CopyRecord, nodes: readonly number[], reason: string): PlannedStep {
  return {
    kernel: 'copyPixels',
    record,
    reads: [record.input.region],
    writes: [record.output.region],
    share: {
      by: 'rows',
      units: record.rows,
      unitBytes: { input: record.inputRowBytes, output: record.outputRowBytes },
      elements: record.rows * record.columns * record.channels,
    },
    nodes,
    reason,
  };
}
