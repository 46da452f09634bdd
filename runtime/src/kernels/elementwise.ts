import { nodesOf } from '../plan/fuse.js';
import { planEpilogue } from './epilogue.js';
import type { Room } from './room.js';

/** Executes affine, add, clip and sign on a map of pixels, in one pass. */
export const elementwise: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const input = context.floatMap(fused.source);
    context.steps.push({
      kernel: 'elementwise',
      record: { input: input.origin, rows: input.shape.height, epilogue: planEpilogue(context, fused) },
      nodes: nodesOf(fused),
      reason: 'affine, add, clip and sign in one pass',
    });
  },
};
