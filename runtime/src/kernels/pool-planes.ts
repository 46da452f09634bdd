import type { PoolNode } from '@signwave/format';
import { poolWindow } from './pool-window.js';
import { type Room, refusePixel } from './room.js';

/** Executes pools of planes, window by window. */
export const poolPlanes: Room = {
  layout: 'planes',
  refusal: refusePixel,
  plan: (context, fused) => {
    const index = fused.head!;
    const node = context.node(index) as PoolNode;
    const input = context.floatPlanesOf(node.inputs[0]!);
    const output = context.newFloatPlanes(index);
    const { height, width, channels } = input.shape;
    const { height: rows, width: columns } = output.shape;
    const record = {
      input: input.origin,
      inputPlaneBytes: input.planeBytes,
      inputRowBytes: input.rowBytes,
      height,
      width,
      output: output.origin,
      outputPlaneBytes: output.planeBytes,
      outputRowBytes: output.rowBytes,
      channels,
      rows,
      columns,
      ...poolWindow(node, input.shape),
    };
    context.steps.push({
      kernel: node.op === 'maxPool' ? 'maxPoolPlanes' : 'avgPoolPlanes',
      record,
      share: {
        by: 'channels',
        units: channels,
        unitBytes: { input: input.planeBytes, output: output.planeBytes },
        elements: channels * rows * columns,
      },
      nodes: [index],
      reason: 'lanes are output columns',
    });
  },
};
