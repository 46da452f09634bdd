import { type Tensor, tensorValues } from '@signwave/format';
import type { PlanContext } from '../plan/plan-context.js';
import { checkMemory, type Pointer } from '../plan/region.js';
import { relayout } from './relayout.js';

/** The filters that convolutions of floats read. */
export interface FloatFilters {
  readonly weights: Pointer;
  /** Distance from the filters of one group to those of the next. */
  readonly groupWeightBytes: number;
}

/** Filters as float32: 32 times what bits take, and 256 times where each group has one filter, beside seven of zeros. */
const MAX_FILTER_BYTES = 2 ** 30;

/** Plans filters in blocks of `side`: f32 (groups, filters / side, taps, side), with zeros for filters that are missing. @throws {SignwaveError} `E_ENGINE` above {@link MAX_FILTER_BYTES}. */
export function planFloatFilters(context: PlanContext, weights: Tensor, groups: number, side: number): FloatFilters {
  const depth = weights.shape[1] * weights.shape[2] * weights.shape[3];
  const blocks = Math.ceil(weights.shape[0] / groups / side);
  const groupWeightBytes = blocks * side * depth * 4;
  checkMemory(groups * groupWeightBytes, MAX_FILTER_BYTES);
  const isWhole = (weights.shape[0] / groups) % side === 0;
  const arranged =
    context.simd && weights.dtype === 'f32' && isWhole
      ? arrangeAtLoad(context, weights, groups * blocks, depth, side)
      : context.constant(arrange(weights, groups, side));
  return { weights: arranged, groupWeightBytes };
}

/** Plans a load step that arranges weights. JavaScript that runs once is ten times slower, and a last layer can have half a million. */
function arrangeAtLoad(context: PlanContext, weights: Tensor, blocks: number, depth: number, side: number): Pointer {
  const arranged = context.made(blocks * side * depth * 4);
  const record = {
    planes: context.loadData(weights.data),
    planeBytes: depth * 4,
    planeRowBytes: side * depth * 4,
    pixels: arranged,
    pixelsRowBytes: side * depth * 4,
    pixelBytes: side * 4,
    rows: blocks,
    columns: depth,
    channels: side,
  };
  context.loadSteps.push(relayout('planesToPixels', record, [], 'filters side by side'));
  return arranged;
}

function arrange(weights: Tensor, groups: number, side: number): Float32Array {
  const values = tensorValues(weights);
  const depth = weights.shape[1] * weights.shape[2] * weights.shape[3];
  const groupFilters = weights.shape[0] / groups;
  const blocks = Math.ceil(groupFilters / side);
  const arranged = new Float32Array(groups * blocks * depth * side);
  for (let group = 0; group < groups; group++) {
    for (let f = 0; f < groupFilters; f++) {
      const block = (group * blocks + Math.floor(f / side)) * depth * side;
      const from = (group * groupFilters + f) * depth;
      for (let k = 0; k < depth; k++) arranged[block + k * side + (f % side)] = values[from + k]!;
    }
  }
  return arranged;
}
