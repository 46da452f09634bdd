import { type MapShape, type SignNode, tensorValues } from '@signwave/format';
import { borderMap } from './border-bias.js';
import type { PlanContext } from './context.js';
import { BLOCK, padChannelValues } from './filters.js';
import type { Group } from './fusion.js';
import type { KernelRecord } from './records.js';
import { pointer } from './regions.js';
import { nextUp, type SumThreshold, sumThreshold } from './thresholds.js';

/** Sums of filters that are missing in the last block never reach this. */
const NEVER = 2 ** 31 - 1;

/**
 * What follows the head of a group, as the record of epilogue.ts.
 *
 * @param maxSum for a binary convolution the largest sum it can give (the number of taps): then a sign right after it, with nothing
 *   added and no floats wanted, becomes an integer threshold.
 */
export function planEpilogue(context: PlanContext, group: Group, maxSum?: number): KernelRecord<'Epilogue'> {
  const shape = context.shapes[group.result]!;
  const blocks = Math.ceil(shape.channels / BLOCK);
  const bits = group.sign === undefined ? {} : bitTarget(context, group.sign);
  const common = { columns: shape.width, blocks, ...bits };
  if (maxSum !== undefined && needsOnlySums(group)) {
    return { name: 'Epilogue', values: { ...common, ...sumThresholds(context, group, shape, maxSum) } };
  }
  const { scale, bias } = affineRows(context, group);
  const { lo, hi } = clipRange(context, group);
  return {
    name: 'Epilogue',
    values: {
      ...common,
      lo,
      hi,
      ...(scale && {
        scale: context.constant(padChannelValues(scale, 0)),
        bias: context.constant(padChannelValues(bias, 0)),
      }),
      ...(group.add && { addend: pointer(context.readFloatMap(group.add.operand).region) }),
      ...(group.border !== undefined && { addend: borderMap(context, group.border) }),
      ...(group.keepsFloats && { output: pointer(context.newFloatMap(group.result).region) }),
      // No x reaches NaN: padding bits stay 0.
      ...(group.sign !== undefined && {
        thresholds: context.constant(padChannelValues(signThresholds(context, group.sign, shape), Number.NaN)),
      }),
    },
  };
}

function bitTarget(context: PlanContext, sign: number) {
  const map = context.newBitMap(sign);
  return { bits: map.origin, bitsRowBytes: map.rowBytes, bitsPixelBytes: map.pixelBytes };
}

/** Scale and bias of the group's affine; both undefined if it has none. */
export function affineRows(context: PlanContext, group: Group) {
  const node = group.affine === undefined ? undefined : context.node(group.affine);
  if (node?.op !== 'affine') return {};
  const values = tensorValues(context.graph.tensors[node.coefficients]!);
  const channels = values.length / 2;
  return { scale: values.subarray(0, channels), bias: values.subarray(channels) };
}

export function clipRange(context: PlanContext, group: Group): { lo: number; hi: number } {
  const node = group.clip === undefined ? undefined : context.node(group.clip);
  return node?.op === 'clip' ? node : { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
}

/** Thresholds of a sign's channels, as the graph has them. */
export function thresholdsOf(context: PlanContext, sign: SignNode, shape: MapShape): Float32Array {
  return sign.threshold === undefined
    ? new Float32Array(shape.channels)
    : tensorValues(context.graph.tensors[sign.threshold]!);
}

/** Thresholds for `bit = x >= threshold`, one per channel. */
export function signThresholds(context: PlanContext, index: number, shape: MapShape): Float32Array {
  const sign = context.node(index) as SignNode;
  const thresholds = thresholdsOf(context, sign, shape);
  return sign.zeroRule === 'minus' ? thresholds.map(nextUp) : thresholds;
}

/** Whether the sign of a binary convolution's group can be told from its sums: nothing is added, and nobody wants the floats. */
export function needsOnlySums(group: Group): boolean {
  return group.sign !== undefined && !group.add && group.border === undefined && !group.keepsFloats;
}

/** Integer thresholds of a group that {@link needsOnlySums}, one per channel. */
export function channelSumThresholds(context: PlanContext, group: Group, maxSum: number): SumThreshold[] {
  const shape = context.shapes[group.result]!;
  const sign = context.node(group.sign!) as SignNode;
  const { scale, bias } = affineRows(context, group);
  const { lo, hi } = clipRange(context, group);
  return Array.from(thresholdsOf(context, sign, shape), (threshold, c) => {
    const affine = scale && { scale: scale[c]!, bias: bias[c]! };
    return sumThreshold({ lo, hi, threshold, zeroRule: sign.zeroRule, ...affine }, maxSum);
  });
}

function sumThresholds(context: PlanContext, group: Group, shape: MapShape, maxSum: number) {
  const blocks = Math.ceil(shape.channels / BLOCK);
  const thresholds = new Int32Array(blocks * BLOCK).fill(NEVER);
  const flips = new Uint8Array(blocks);
  channelSumThresholds(context, group, maxSum).forEach(({ threshold, flip }, c) => {
    thresholds[c] = threshold;
    if (flip) flips[c >> 3]! |= 1 << (c & 7);
  });
  return { sumThresholds: context.constant(thresholds), flips: context.constant(flips) };
}
