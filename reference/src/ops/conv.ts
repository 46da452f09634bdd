import type { ConvNode, MapShape, Tensor } from '@signwave/format';
import { MAX_INTEGER_ELEMENT, tensorValues } from '@signwave/format';
import { type FeatureMap, zeroMap } from '../feature-map.js';

// y[oy, ox, o] = sum over (ky, kx, i) of x[oy * sh + ky * dh - top, ox * sw + kx * dw - left, g * I/groups + i]
//                                        * w[o, ky, kx, i],     g = floor(o * groups / O)             (SPEC.md 4.3)
//
// For each output pixel and group the operand's elements under the filters are gathered into a patch, zeros where
// they are pads, then multiplied with all filters of the group at once. The innermost loop runs over the filters, so
// that every sum keeps its order (ky, kx, i) while many sums go on side by side.

/** How many taps {@link multiplyFloat} and {@link multiplyExact} take at once. */
const TAP_BLOCK = 4;

/** Geometry of a convolution: all of a {@link ConvNode} but its operand and weights. */
export type ConvGeometry = Pick<ConvNode, 'groups' | 'stride' | 'dilation' | 'pads'>;

/**
 * `float`: each product and each sum is rounded. `binary`: all sums are integers below 2^24, so nothing needs rounding (`isBinary`).
 * `integer`: sums are exact in binary64 and rounded once (`isIntegerConv`).
 */
export type ConvKind = 'float' | 'binary' | 'integer';

type Sums = Float32Array | Float64Array;

/** Filters in the order in which they are used. */
export interface PackedFilters {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly groups: number;
  readonly groupChannels: number;
  readonly groupFilters: number;
  /** kernelHeight * kernelWidth * groupChannels, rounded up to a multiple of {@link TAP_BLOCK}. */
  readonly taps: number;
  /** (groups, taps, groupFilters); the taps of the rounding are +0 and change no sum. */
  readonly values: Float32Array;
}

/** Bring filters into the order in which they are used. @param weights (O, kh, kw, I / groups). */
export function packFilters(weights: Tensor, groups: number): PackedFilters {
  const [filters, kernelHeight, kernelWidth, groupChannels] = weights.shape;
  const source = tensorValues(weights);
  const count = kernelHeight * kernelWidth * groupChannels;
  const taps = Math.ceil(count / TAP_BLOCK) * TAP_BLOCK;
  const groupFilters = filters / groups;
  const values = new Float32Array(groups * taps * groupFilters);
  for (let o = 0; o < filters; o++) {
    const group = Math.floor(o / groupFilters);
    for (let tap = 0; tap < count; tap++) {
      values[(group * taps + tap) * groupFilters + (o % groupFilters)] = source[o * count + tap]!;
    }
  }
  return { kernelHeight, kernelWidth, groups, groupChannels, groupFilters, taps, values };
}

/**
 * Convolve a map.
 *
 * @param kind how products and sums are rounded.
 * @param output shape of the result.
 */
export function conv(
  x: FeatureMap,
  filters: PackedFilters,
  geometry: ConvGeometry,
  kind: ConvKind,
  output: MapShape,
): FeatureMap {
  const y = zeroMap(output);
  const { stride, pads } = geometry;
  const { groups, groupFilters } = filters;
  const multiply = kind === 'float' ? multiplyFloat : multiplyExact;
  const patch = new Float32Array(filters.taps);
  const sums = kind === 'integer' ? new Float64Array(groupFilters) : new Float32Array(groupFilters);
  for (let oy = 0, at = 0; oy < y.height; oy++) {
    for (let ox = 0; ox < y.width; ox++) {
      for (let group = 0; group < groups; group++, at += groupFilters) {
        const top = oy * stride.height - pads.top;
        const left = ox * stride.width - pads.left;
        gather(x, top, left, group, filters, geometry, patch);
        sums.fill(0);
        multiply(patch, filters.values, group * filters.taps * groupFilters, sums);
        y.data.set(sums, at);
      }
    }
  }
  return y;
}

/** Copy the elements under a filter whose first tap is at (top, left) to `patch` (kh, kw, I / groups). */
function gather(
  x: FeatureMap,
  top: number,
  left: number,
  group: number,
  { kernelHeight, kernelWidth, groupChannels }: PackedFilters,
  { dilation }: ConvGeometry,
  patch: Float32Array,
): void {
  let to = 0;
  for (let ky = 0; ky < kernelHeight; ky++) {
    const row = top + ky * dilation.height;
    for (let kx = 0; kx < kernelWidth; kx++) {
      const column = left + kx * dilation.width;
      const inside = row >= 0 && row < x.height && column >= 0 && column < x.width;
      const from = (row * x.width + column) * x.channels + group * groupChannels;
      for (let i = 0; i < groupChannels; i++) patch[to++] = inside ? x.data[from + i]! : 0;
    }
  }
}

/**
 * sums[o] = fround(sums[o] + fround(patch[tap] * w[tap, o])), tap after tap.
 *
 * @param patch (taps).
 * @param w (taps, filters) from element `offset`.
 * @param sums (filters).
 */
function multiplyFloat(patch: Float32Array, w: Float32Array, offset: number, sums: Sums): void {
  const { fround } = Math;
  const filters = sums.length;
  for (let tap = 0; tap < patch.length; tap += TAP_BLOCK) {
    const x0 = patch[tap]!;
    const x1 = patch[tap + 1]!;
    const x2 = patch[tap + 2]!;
    const x3 = patch[tap + 3]!;
    const w0 = offset + tap * filters;
    const w1 = w0 + filters;
    const w2 = w1 + filters;
    const w3 = w2 + filters;
    for (let o = 0; o < filters; o++) {
      let sum = fround(sums[o]! + fround(x0 * w[w0 + o]!));
      sum = fround(sum + fround(x1 * w[w1 + o]!));
      sum = fround(sum + fround(x2 * w[w2 + o]!));
      sums[o] = fround(sum + fround(x3 * w[w3 + o]!));
    }
  }
}

/** Do what {@link multiplyFloat} does without rounding, for sums of integers, which need none. */
function multiplyExact(patch: Float32Array, w: Float32Array, offset: number, sums: Sums): void {
  const filters = sums.length;
  for (let tap = 0; tap < patch.length; tap += TAP_BLOCK) {
    const x0 = patch[tap]!;
    const x1 = patch[tap + 1]!;
    const x2 = patch[tap + 2]!;
    const x3 = patch[tap + 3]!;
    const w0 = offset + tap * filters;
    const w1 = w0 + filters;
    const w2 = w1 + filters;
    const w3 = w2 + filters;
    for (let o = 0; o < filters; o++) {
      sums[o] = sums[o]! + x0 * w[w0 + o]! + x1 * w[w1 + o]! + x2 * w[w2 + o]! + x3 * w[w3 + o]!;
    }
  }
}

/** Make the operand of an integer convolution: round elements to whole numbers, ties to even, and clamp them to what a byte can give. */
export function wholeNumbers(x: FeatureMap): FeatureMap {
  const data = x.data.map((value) => {
    if (Number.isNaN(value)) return 0;
    const below = Math.floor(value);
    const fraction = value - below;
    const isUp = fraction > 0.5 || (fraction === 0.5 && below % 2 !== 0);
    return Math.min(MAX_INTEGER_ELEMENT, Math.max(-MAX_INTEGER_ELEMENT, isUp ? below + 1 : below));
  });
  return { ...x, data };
}
