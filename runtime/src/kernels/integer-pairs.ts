import { type ConvNode, type Graph, MAX_INTEGER_ELEMENT, type Tensor, tensorValues } from '@signwave/format';
import type { PlanContext } from '../plan/plan-context.js';
import type { FloatFilters } from './float-filters.js';

/** Number of filters that plane-conv.ts takes at once. */
const FILTERS = 2;

/**
 * Whether an integer convolution can multiply pairs of i16 (plane-conv.ts): the taps of a pair are neighbours, the distance between pairs
 * is a whole number of output columns, and no sum overflows i32.
 */
export function canUsePairs(graph: Graph, node: ConvNode): boolean {
  if (node.dilation.width !== 1 || node.stride.width > 2) return false;
  const weights = graph.tensors[node.weights]!;
  const values = tensorValues(weights);
  const depth = values.length / weights.shape[0];
  for (let filter = 0; filter < weights.shape[0]; filter++) {
    const row = values.subarray(filter * depth, (filter + 1) * depth);
    if (row.reduce((sum, value) => sum + Math.abs(value), 0) * MAX_INTEGER_ELEMENT >= 2 ** 31) return false;
  }
  return true;
}

/** Number of pairs of taps in a kernel row; if the kernel's width is odd, the last pair is half empty. */
export function rowPairs(kernelWidth: number): number {
  return Math.ceil(kernelWidth / 2);
}

/** Plans filters of whole numbers for plane-conv.ts: i16 (groups, filters / 2, ky, pairs, i, 2 filters, 2 taps), padded with zeros. */
export function planPairFilters(context: PlanContext, weights: Tensor, groups: number): FloatFilters {
  const arranged = arrangePairs(weights, groups);
  return { weights: context.constant(arranged), groupWeightBytes: arranged.byteLength / groups };
}

function arrangePairs(weights: Tensor, groups: number): Int16Array {
  const values = tensorValues(weights);
  const [filters, height, width, channels] = weights.shape;
  const groupFilters = filters / groups;
  const blocks = Math.ceil(groupFilters / FILTERS);
  const pairs = rowPairs(width);
  const arranged = new Int16Array(groups * blocks * height * pairs * channels * FILTERS * 2);
  let from = 0;
  for (let filter = 0; filter < filters; filter++) {
    const inGroup = filter % groupFilters;
    const block = Math.floor(filter / groupFilters) * blocks + Math.floor(inGroup / FILTERS);
    for (let ky = 0; ky < height; ky++) {
      for (let kx = 0; kx < width; kx++) {
        for (let i = 0; i < channels; i++, from++) {
          const pair = ((block * height + ky) * pairs + (kx >> 1)) * channels + i;
          arranged[(pair * FILTERS + (inGroup % FILTERS)) * 2 + (kx & 1)] = values[from]!;
        }
      }
    }
  }
  return arranged;
}
