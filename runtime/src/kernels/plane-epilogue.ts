import type { FusedGroup } from '../plan/fuse.js';
import type { PlanContext } from '../plan/plan-context.js';
import type { Region } from '../plan/region.js';
import { borderPlanes } from './border-values.js';
import { affineRows, channelSumThresholds, clipRange, needsOnlySums, signThresholds, sumLeast } from './epilogue.js';
import type { PlaneEpilogueRecord } from './generated/records.js';
import { moveTo } from './record.js';

const I16_MIN = -32_768;

interface PlannedPlaneEpilogue {
  readonly record: PlaneEpilogueRecord;
  /** The addend and the result, which may overwrite it lane by lane. */
  readonly replaces: { readonly read: Region; readonly written: Region } | undefined;
}

/**
 * Plans the epilogue of a fused group that works on planes: a record of runtime/assembly/plane-epilogue.ts.
 *
 * @param maxSum the largest possible sum; only given for look-up tables of signs, whose sums are halved.
 */
export function planPlaneEpilogue(context: PlanContext, fused: FusedGroup, maxSum?: number): PlannedPlaneEpilogue {
  const shape = context.shapes[fused.result]!;
  const signs = fused.sign === undefined ? undefined : context.newSignPlanes(fused.sign);
  const target = {
    signs: signs?.origin,
    signsPlaneBytes: signs?.planeBytes,
    mask: signs && context.laneMask(signs.shape, signs.pitch),
  };
  if (maxSum !== undefined && fused.sumBias === undefined && needsOnlySums(fused)) {
    const thresholds = channelSumThresholds(context, fused, maxSum);
    const record = {
      ...target,
      // 2 * half >= threshold is the same as half >= threshold / 2, rounded up.
      sumThresholds: context.constant(
        Int16Array.from(thresholds, ({ threshold }) => Math.max(I16_MIN, Math.ceil(threshold / 2))),
      ),
      flips: context.constant(Int8Array.from(thresholds, ({ flip }) => (flip ? -1 : 0))),
    };
    return { record, replaces: undefined };
  }
  const { scale, bias } = affineRows(context, fused);
  const { lo, hi } = clipRange(context, fused);
  const added = fused.add && context.floatPlanesOf(fused.add.operand);
  const output = fused.keepsFloats ? context.newFloatPlanes(fused.result) : undefined;
  const half = maxSum === undefined ? 1 : 2;
  const record = {
    ...target,
    ...borderPlanes(context, fused),
    sumLeast: sumLeast(context, fused) / 2,
    lo,
    hi,
    scale: context.constant((scale ?? new Float32Array(shape.channels).fill(1)).map((it) => it * half)),
    bias: context.constant(bias ?? new Float32Array(shape.channels).fill(-0)),
    addend: added?.origin,
    addendPlaneBytes: added?.planeBytes,
    output: output?.origin,
    outputPlaneBytes: output?.planeBytes,
    thresholds: fused.sign === undefined ? undefined : context.constant(signThresholds(context, fused.sign, shape)),
  };
  return {
    record,
    // Both may be part of a larger map.
    replaces:
      added && output && added.origin.offsetBytes === output.origin.offsetBytes
        ? { read: added.region, written: output.region }
        : undefined,
  };
}

/** Gives the epilogue for the lanes from `lane` on. */
export function epilogueAtLane(epilogue: PlaneEpilogueRecord, lane: number): PlaneEpilogueRecord {
  return moveTo(epilogue, lane, { places: 4, output: 4, addend: 4, signs: 1, mask: 1 });
}

/** Gives the epilogue for the output channels from `channel` on. */
export function epilogueAtChannel(epilogue: PlaneEpilogueRecord, channel: number): PlaneEpilogueRecord {
  return moveTo(epilogue, channel, {
    scale: 4,
    bias: 4,
    thresholds: 4,
    sumThresholds: 2,
    flips: 1,
    sumBias: epilogue.borderPlaneBytes ?? 0,
    border: epilogue.borderPlaneBytes ?? 0,
    addend: epilogue.addendPlaneBytes ?? 0,
    output: epilogue.outputPlaneBytes ?? 0,
    signs: epilogue.signsPlaneBytes ?? 0,
  });
}
