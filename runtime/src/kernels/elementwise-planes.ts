import { nodesOf } from '../plan/fuse.js';
import { SHARED_LANES } from './filters.js';
import { epilogueAtLane, planPlaneEpilogue } from './plane-epilogue.js';
import { laneCount } from './relayout.js';
import { type Room, refusePixel } from './room.js';

/** Executes affine, add, clip and sign on planes of floats, in one pass. */
export const elementwisePlanes: Room = {
  layout: 'planes',
  refusal: refusePixel,
  plan: (context, fused) => {
    const input = context.floatPlanesOf(fused.source);
    const lanes = laneCount(input);
    const { channels } = input.shape;
    // The addend isn't overwritten, because it may be the chain's own operand.
    const { record: epilogue } = planPlaneEpilogue(context, fused);
    const record = {
      input: input.origin,
      inputPlaneBytes: input.planeBytes,
      channels,
      lanes,
      epilogue,
    };
    context.steps.push({
      kernel: 'elementwisePlanes',
      record,
      share: {
        by: 'lanes',
        units: lanes,
        multiple: SHARED_LANES,
        unitBytes: { input: 4 },
        change: (first) => ({ epilogue: epilogueAtLane(epilogue, first) }),
        elements: channels * lanes,
      },
      nodes: nodesOf(fused),
      reason: 'affine, add, clip and sign in one pass',
    });
  },
};
