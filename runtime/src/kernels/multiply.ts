import { planMapKernel } from './map-arguments.js';
import type { Room } from './room.js';

/** Executes a product of a map and a vector, or of two maps, as a PReLU whose slopes are the other operand on both sides of zero. */
export const multiply: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const { op, inputs } = context.node(fused.head!);
    const { origin, region } = context.floatMap(inputs[1]!);
    // A map that is multiplied element by element is one pixel to the kernel.
    const whole = op === 'multiply' && { pixelBytes: region.sizeBytes, rows: 1, columns: 1 };
    planMapKernel(context, fused, 'prelu', { first: origin, second: origin, ...whole });
  },
};
