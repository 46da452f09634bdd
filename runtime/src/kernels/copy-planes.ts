import type { PadChannelsNode, SliceSpatialNode } from '@signwave/format';
import type { PlanContext } from '../plan/plan-context.js';
import { pointer } from '../plan/region.js';
import type { CopyPlanesRecord } from './generated/records.js';
import { type Room, refusePixel } from './room.js';

/** Copies planes: for added channels of zeros, or to take every n-th row and column. */
export const copyPlanes: Room = {
  layout: 'planes',
  refusal: refusePixel,
  plan: (context, fused) => {
    const index = fused.head!;
    const node = context.node(index) as PadChannelsNode | SliceSpatialNode;
    const input = context.floatPlanesOf(node.inputs[0]!);
    const isSlice = node.op === 'sliceSpatial';
    const output = context.newFloatPlanes(index, !isSlice);
    const [start, step] = isSlice ? [node.start, node.step] : [ORIGIN, EACH];
    planCopyPlanes(
      context,
      'copyFloatPlanes',
      {
        input: pointer(input.region, (start.height * input.pitch + start.width) * 4),
        inputPlaneBytes: input.planeBytes,
        inputRowBytes: step.height * input.rowBytes,
        columnStep: step.width,
        output: pointer(output.region, isSlice ? 0 : node.before * output.planeBytes),
        outputPlaneBytes: output.planeBytes,
        outputRowBytes: output.rowBytes,
        planes: input.shape.channels,
        rows: output.shape.height,
        columns: output.shape.width,
      },
      [index],
      isSlice ? 'moves pixels' : 'moves planes',
    );
  },
};

const ORIGIN = { height: 0, width: 0 };
const EACH = { height: 1, width: 1 };

export function planCopyPlanes(
  context: PlanContext,
  kernel: 'copyFloatPlanes' | 'copySignPlanes',
  record: CopyPlanesRecord,
  nodes: readonly number[],
  reason: string,
): void {
  context.steps.push({
    kernel,
    record,
    reads: [record.input.region],
    writes: [record.output.region],
    share: {
      by: 'planes',
      units: record.planes,
      unitBytes: { input: record.inputPlaneBytes, output: record.outputPlaneBytes },
      elements: record.planes * record.rows * record.columns,
    },
    nodes,
    reason,
  });
}
