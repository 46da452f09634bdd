import type { GraphNode, MapShape } from '@signwave/format';
import { relayoutFields } from './relayout.js';
import { isPixel, type Room } from './room.js';

/** Executes the mean of a whole map, from planes to one pixel. */
export const globalAvgPlanes: Room = {
  layout: 'planes',
  refusal: ({ graph, shapes }, fused) => {
    const node = graph.nodes[fused.head!]!;
    const input = shapes[node.inputs[0]!]!;
    if (isPixel(input)) return 'one pixel';
    return isMeanOfMap(node, input) ? undefined : 'not the mean of a whole map';
  },
  plan: (context, fused) => {
    const index = fused.head!;
    const input = context.floatPlanesOf(context.node(index).inputs[0]!);
    const output = context.newFloatMap(index);
    const record = relayoutFields(input, output);
    context.steps.push({
      kernel: 'globalAvgPlanes',
      record,
      share: {
        by: 'channels',
        units: input.shape.channels,
        multiple: 4,
        unitBytes: { planes: input.planeBytes, pixels: 4 },
        elements: record.rows * record.columns * record.channels,
      },
      nodes: [index],
      reason: 'planes to one pixel',
    });
  },
};

/** Whether a pool is what `globalAvgPool` is (SPEC 4.12): one window, the whole map. */
function isMeanOfMap(node: GraphNode, { height, width }: MapShape): boolean {
  if (node.op !== 'avgPool') return node.op === 'globalAvgPool';
  const { window, pads } = node;
  const padCount = pads.top + pads.left + pads.bottom + pads.right;
  return window.height === height && window.width === width && padCount === 0;
}
