import type { SignNode } from '@signwave/format';
import { thresholdsOf } from './epilogue.js';
import { padChannelValues } from './filters.js';
import { planMapKernel } from './map-arguments.js';
import type { Room } from './room.js';

/** Executes a sign whose result is read as floats. */
export const signMap: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const node = context.node(fused.head!) as SignNode;
    const thresholds = thresholdsOf(context, node, context.shapes[fused.head!]!);
    planMapKernel(context, fused, 'signMap', {
      first: context.constant(padChannelValues(thresholds, 0)),
      option: { plus: 1, minus: -1, zero: 0 }[node.zeroRule],
    });
  },
};
