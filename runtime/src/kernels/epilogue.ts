import { type MapShape, type SignNode, tensorValues } from '@signwave/format';
import type { FusedGroup } from '../plan/fuse.js';
import type { PlanContext } from '../plan/plan-context.js';
import { borderMap } from './border-values.js';
import { BLOCK, padChannelValues } from './filters.js';
import type { EpilogueRecord } from './generated/records.js';
import { nextUp, type SumThreshold, sumThreshold } from './thresholds.js';

/** The threshold of filters that are missing in the last block; no sum reaches it. */
const NEVER = 2 ** 31 - 1;

/**
 * Plans the epilogue, which is everything that follows the head of a fused group: a record of runtime/assembly/epilogue.ts.
 *
 * @param maxSum the largest possible sum of a binary convolution, which is its number of taps. If it is given, a sign becomes an integer
 *   threshold, unless something is added before it or the floats are needed.
 */
export function planEpilogue(context: PlanContext, fused: FusedGroup, maxSum?: number): EpilogueRecord {
  const shape = context.shapes[fused.result]!;
  const bits = fused.sign === undefined ? undefined : context.newBitMap(fused.sign);
  const common = {
    columns: shape.width,
    blocks: Math.ceil(shape.channels / BLOCK),
    bits: bits?.origin,
    bitsRowBytes: bits?.rowBytes,
    bitsPixelBytes: bits?.pixelBytes,
  };
  if (maxSum !== undefined && needsOnlySums(fused)) {
    return { ...common, ...sumThresholds(context, fused, shape, maxSum) };
  }
  const { scale, bias } = affineRows(context, fused);
  const { lo, hi } = clipRange(context, fused);
  const added = fused.add && context.floatMap(fused.add.operand);
  // Binary convolutions have the border's values beside the bases of their sums.
  const border = maxSum === undefined && fused.border !== undefined ? borderMap(context, fused.border) : undefined;
  const output = fused.keepsFloats ? context.newFloatMap(fused.result) : undefined;
  return {
    ...common,
    sumLeast: sumLeast(context, fused),
    lo,
    hi,
    scale: scale && context.constant(padChannelValues(scale, 0)),
    bias: bias && context.constant(padChannelValues(bias, 0)),
    addend: added ? added.origin : border,
    output: output?.origin,
    // No comparison with NaN is true, so padding bits stay 0.
    thresholds:
      fused.sign === undefined
        ? undefined
        : context.constant(padChannelValues(signThresholds(context, fused.sign, shape), Number.NaN)),
  };
}

/** Gives scale and bias of the fused group's affine; both are undefined if it has none. */
export function affineRows(context: PlanContext, fused: FusedGroup) {
  const node = fused.affine === undefined ? undefined : context.node(fused.affine);
  if (node?.op !== 'affine') return {};
  const values = tensorValues(context.graph.tensors[node.coefficients]!);
  const channels = values.length / 2;
  return { scale: values.subarray(0, channels), bias: values.subarray(channels) };
}

export function clipRange(context: PlanContext, fused: FusedGroup, clip = fused.clip): { lo: number; hi: number } {
  const node = clip === undefined ? undefined : context.node(clip);
  return node?.op === 'clip' ? node : { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
}

/** Gives the lower bound of the sums. */
export function sumLeast(context: PlanContext, fused: FusedGroup): number {
  return clipRange(context, fused, fused.sumClip ?? -1).lo;
}

/** Gives the thresholds of a sign's channels as they are in the graph. */
export function thresholdsOf(context: PlanContext, sign: SignNode, shape: MapShape): Float32Array {
  return sign.threshold === undefined
    ? new Float32Array(shape.channels)
    : tensorValues(context.graph.tensors[sign.threshold]!);
}

/** Converts a sign to thresholds for `bit = x >= threshold`, one for each channel. */
export function signThresholds(context: PlanContext, index: number, shape: MapShape): Float32Array {
  const sign = context.node(index) as SignNode;
  const thresholds = thresholdsOf(context, sign, shape);
  return sign.zeroRule === 'minus' ? thresholds.map(nextUp) : thresholds;
}

/** Whether the sign of a binary convolution follows from its sums alone: nothing is added, and nothing reads the floats. */
export function needsOnlySums(fused: FusedGroup): boolean {
  return fused.sign !== undefined && !fused.add && fused.border === undefined && !fused.keepsFloats;
}

/** Computes the integer thresholds of a fused group that {@link needsOnlySums}, one for each channel. */
export function channelSumThresholds(context: PlanContext, fused: FusedGroup, maxSum: number): SumThreshold[] {
  const shape = context.shapes[fused.result]!;
  const sign = context.node(fused.sign!) as SignNode;
  const { scale, bias } = affineRows(context, fused);
  const { lo, hi } = clipRange(context, fused);
  const least = sumLeast(context, fused);
  return Array.from(thresholdsOf(context, sign, shape), (threshold, c) => {
    const affine = scale && { scale: scale[c]!, bias: bias[c]! };
    return sumThreshold({ least, lo, hi, threshold, zeroRule: sign.zeroRule, ...affine }, maxSum);
  });
}

function sumThresholds(context: PlanContext, fused: FusedGroup, shape: MapShape, maxSum: number) {
  const blocks = Math.ceil(shape.channels / BLOCK);
  const thresholds = new Int32Array(blocks * BLOCK).fill(NEVER);
  const flips = new Uint8Array(blocks);
  channelSumThresholds(context, fused, maxSum).forEach(({ threshold, flip }, c) => {
    thresholds[c] = threshold;
    if (flip) flips[c >> 3]! |= 1 << (c & 7);
  });
  return { sumThresholds: context.constant(thresholds), flips: context.constant(flips) };
}
