import { planMapKernel } from './map-arguments.js';
import type { Room } from './room.js';

/** A sample less the mean over all of it. */
export const sampleMean: Room = {
  layout: 'pixels',
  plan: (context, fused) => planMapKernel(context, fused, 'sampleMean'),
};
