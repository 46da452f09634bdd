import { type MapShape, type SignNode, tensorValues } from '@signwave/format';
import type { PlanContext } from './context.js';
import { BLOCK, padChannelValues } from './filters.js';
import type { Group } from './fusion.js';
import type { KernelRecord } from './records.js';
import { pointer } from './regions.js';
import { nextUp, type SumToBit, sumThreshold } from './thresholds.js';

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
  if (maxSum !== undefined && group.sign !== undefined && !group.add && !group.keepsFloats) {
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
      ...(group.keepsFloats && { output: pointer(context.newFloatMap(group.result).region) }),
      ...(group.sign !== undefined && { thresholds: context.constant(signThresholds(context, group.sign, shape)) }),
    },
  };
}

function bitTarget(context: PlanContext, sign: number) {
  const map = context.newBitMap(sign);
  return { bits: map.origin, bitsRowBytes: map.rowBytes, bitsPixelBytes: map.pixelBytes };
}

/** Scale and bias of the group's affine; both undefined if it has none. */
function affineRows(context: PlanContext, group: Group) {
  const node = group.affine === undefined ? undefined : context.node(group.affine);
  if (node?.op !== 'affine') return {};
  const values = tensorValues(context.graph.tensors[node.coefficients]!);
  const channels = values.length / 2;
  return { scale: values.subarray(0, channels), bias: values.subarray(channels) };
}

function clipRange(context: PlanContext, group: Group): { lo: number; hi: number } {
  const node = group.clip === undefined ? undefined : context.node(group.clip);
  return node?.op === 'clip' ? node : { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
}

/** Thresholds of a sign's channels, as the graph has them. */
export function thresholdsOf(context: PlanContext, sign: SignNode, shape: MapShape): Float32Array {
  return sign.threshold === undefined
    ? new Float32Array(shape.channels)
    : tensorValues(context.graph.tensors[sign.threshold]!);
}

/** Thresholds for `bit = x >= threshold`, padded with NaN, which no x reaches: padding bits stay 0. */
function signThresholds(context: PlanContext, index: number, shape: MapShape): Float32Array {
  const sign = context.node(index) as SignNode;
  const thresholds = thresholdsOf(context, sign, shape);
  return padChannelValues(sign.zeroRule === 'minus' ? thresholds.map(nextUp) : thresholds, Number.NaN);
}

function sumThresholds(context: PlanContext, group: Group, shape: MapShape, maxSum: number) {
  const { channels } = shape;
  const sign = context.node(group.sign!) as SignNode;
  const floatThresholds = thresholdsOf(context, sign, shape);
  const { scale, bias } = affineRows(context, group);
  const blocks = Math.ceil(channels / BLOCK);
  const thresholds = new Int32Array(blocks * BLOCK).fill(NEVER);
  const flips = new Uint8Array(blocks);
  for (let c = 0; c < channels; c++) {
    const channel: SumToBit = {
      ...clipRange(context, group),
      ...(scale && { scale: scale[c]!, bias: bias[c]! }),
      threshold: floatThresholds[c]!,
      zeroRule: sign.zeroRule,
    };
    const { threshold, flip } = sumThreshold(channel, maxSum);
    thresholds[c] = threshold;
    if (flip) flips[c >> 3]! |= 1 << (c & 7);
  }
  return { sumThresholds: context.constant(thresholds), flips: context.constant(flips) };
}
