import type { SoftmaxNode } from '@signwave/format';
import { planMapKernel } from './map-arguments.js';
import type { Room } from './room.js';

/** Executes the softmax of a vector, or its logarithm. */
export const softmax: Room = {
  layout: 'pixels',
  plan: (context, fused) =>
    planMapKernel(context, fused, 'softmax', { option: Number((context.node(fused.head!) as SoftmaxNode).log) }),
};
