import { type PreluNode, tensorValues } from '@signwave/format';
import { padChannelValues } from './filters.js';
import { planMapKernel } from './map-arguments.js';
import type { Room } from './room.js';

/** Executes a PReLU, which has a slope for each channel and side of zero. */
export const prelu: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const node = context.node(fused.head!) as PreluNode;
    const slopes = tensorValues(context.graph.tensors[node.slopes]!);
    const channels = slopes.length / 2;
    planMapKernel(context, fused, 'prelu', {
      first: context.constant(padChannelValues(slopes.subarray(0, channels), 0)),
      second: context.constant(padChannelValues(slopes.subarray(channels), 0)),
    });
  },
};
