import type { SoftmaxNode } from '@signwave/format';
import { planMapKernel } from './map-arguments.js';
import type { Room } from './room.js';

/** Softmax of a vector; engine/softmax.ts is the kernel. */
export const softmax: Room = {
  layout: 'pixels',
  plan: (context, fused) =>
    planMapKernel(context, fused, 'softmax', { option: Number((context.node(fused.head!) as SoftmaxNode).log) }),
};
