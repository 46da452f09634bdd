import type { GraphNode, MapShape, PoolNode } from '@signwave/format';
import { NO_PADS } from './filters.js';
import { poolWindow } from './pool-window.js';
import type { Room } from './room.js';

/** Executes pools of a map of pixels, including the mean of a whole map. */
export const poolPixels: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const index = fused.head!;
    const node = context.node(index);
    const input = context.floatMap(node.inputs[0]!);
    const output = context.newFloatMap(index);
    const { height, width } = input.shape;
    const pool = poolOf(node, input.shape);
    context.steps.push({
      kernel: pool.op,
      record: {
        input: input.origin,
        height,
        width,
        pixelBytes: input.pixelBytes,
        output: output.origin,
        rows: output.shape.height,
        columns: output.shape.width,
        ...poolWindow(pool, input.shape),
      },
      nodes: [index],
      reason: 'lanes are channels',
    });
  },
};

/** Gives a node as a pool: `globalAvgPool` has one window, which is the whole map (SPEC 4.12). */
function poolOf(node: GraphNode, window: Pick<MapShape, 'height' | 'width'>): PoolNode {
  if (node.op !== 'globalAvgPool') return node as PoolNode;
  return { ...node, op: 'avgPool', window, stride: window, pads: NO_PADS, ceilMode: false, countPads: false };
}
