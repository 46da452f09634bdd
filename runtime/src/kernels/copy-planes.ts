import type { SliceSpatialNode } from '@signwave/format';
import { type JoiningNode, joinedBy } from '../plan/joined.js';
import type { FloatPlanes } from '../plan/maps.js';
import type { PlanContext } from '../plan/plan-context.js';
import { behind } from '../plan/region.js';
import type { CopyPlanesRecord } from './generated/records.js';
import { type Room, refusePixel } from './room.js';

/** Takes every n-th row and column. */
export const slicePlanes: Room = {
  layout: 'planes',
  refusal: refusePixel,
  plan: (context, fused) => {
    const index = fused.head!;
    const { inputs, start, step } = context.node(index) as SliceSpatialNode;
    planCopyFloats(context, index, context.floatPlanesOf(inputs[0]!), context.newFloatPlanes(index), start, step);
  },
};

/** Joins the channels of several maps, or adds channels of zeros to one. Nothing is copied of maps that lie in the output from the start. */
export const joinPlanes: Room = {
  layout: 'planes',
  refusal: refusePixel,
  plan: (context, fused) => {
    const index = fused.head!;
    const node = context.node(index) as JoiningNode;
    const output = context.floatPlanes.get(index) ?? context.newFloatPlanes(index, node.op === 'padChannels');
    for (const { operand, channel } of joinedBy(node, context.shapes)) {
      const input = context.floatPlanesOf(operand);
      const origin = behind(output.origin, channel * output.planeBytes);
      if (input.region === output.region && input.origin.offsetBytes === origin.offsetBytes) continue;
      planCopyFloats(context, index, input, { ...output, origin }, { height: 0, width: 0 }, { height: 1, width: 1 });
    }
  },
};

function planCopyFloats(
  context: PlanContext,
  index: number,
  input: FloatPlanes,
  output: FloatPlanes,
  start: SliceSpatialNode['start'],
  step: SliceSpatialNode['step'],
): void {
  const record = {
    input: behind(input.origin, start.height * input.rowBytes + start.width * 4),
    inputPlaneBytes: input.planeBytes,
    inputRowBytes: step.height * input.rowBytes,
    columnStep: step.width,
    output: output.origin,
    outputPlaneBytes: output.planeBytes,
    outputRowBytes: output.rowBytes,
    planes: input.shape.channels,
    rows: output.shape.height,
    columns: output.shape.width,
  };
  planCopyPlanes(context, 'copyFloatPlanes', record, [index], 'moves planes');
}

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
