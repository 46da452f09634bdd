import { planMapKernel } from './map-arguments.js';
import type { Room } from './room.js';

/**
 * Executes a product of a map and a vector, or of two maps, as a PReLU whose slopes are the other operand on both sides of zero. A map that is
 * multiplied element by element is one pixel to the kernel.
 */
export const multiply: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const index = fused.head!;
    const { origin, pixelBytes, shape } = context.floatMap(context.node(index).inputs[1]!);
    const { height, width } = context.shapes[index]!;
    planMapKernel(context, fused, 'prelu', {
      first: origin,
      second: origin,
      pixelBytes: shape.height * shape.width * pixelBytes,
      rows: height / shape.height,
      columns: width / shape.width,
    });
  },
};
