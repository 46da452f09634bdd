import { nodesOf } from '../plan/fuse.js';
import { planEpilogue } from './epilogue.js';
import type { Room } from './room.js';

/** Executes affine, add, clip and sign on a map of pixels, in one pass. */
export const elementwise: Room = {
  layout: 'pixels',
  plan: (context, fused) => {
    const input = context.floatMap(fused.source);
    const epilogue = planEpilogue(context, fused);
    context.steps.push({
      kernel: 'elementwise',
      record: { input: input.origin, rows: input.shape.height, epilogue: epilogue.record },
      reads: [input.region, ...epilogue.reads],
      writes: epilogue.writes,
      nodes: nodesOf(fused),
      reason: 'affine, add, clip and sign in one pass',
    });
  },
};
