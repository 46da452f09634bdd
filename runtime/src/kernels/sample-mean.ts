import { planMapKernel } from './map-arguments.js';
import type { Room } from './room.js';

/** Subtracts the mean of a whole sample from it. */
export const sampleMean: Room = {
  layout: 'pixels',
  plan: (context, fused) => planMapKernel(context, fused, 'sampleMean'),
};
