import { planMapKernel } from './map-arguments.js';
import type { Room } from './room.js';

/** Executes a sigmoid, which may lie in front of a sign and so has exact bits. */
export const sigmoid: Room = {
  layout: 'pixels',
  plan: (context, fused) => planMapKernel(context, fused, 'sigmoid'),
};
