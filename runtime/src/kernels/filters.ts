import type { Pads, Tensor } from '@signwave/format';

/** Number of filters or channels that kernels process at a time: two vectors of four floats, or a byte of bits. */
export const BLOCK = 8;

/** Number of lanes of planes that kernels process at a time: a vector of i8. */
export const VECTOR_LANES = 16;

/** Threads that share a plane of i8 take multiples of this many lanes, which is a cache line. */
export const SHARED_LANES = 64;

export const NO_PADS: Pads = { top: 0, left: 0, bottom: 0, right: 0 };

export function roundUp(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}

/**
 * Packs the bits of filters in the order of the GEMM. A filter is a row of `depthBytes` in the order of patches: for each tap (ky, kx) the
 * channels of a group, padded to whole bytes. For each group and block of 8 filters, SIMD needs words of their rows side by side
 * (gemm-simd.ts), scalar needs whole rows (gemm-scalar.ts). Filters that are missing in the last block are zeros.
 *
 * @returns the packed filters, and the sums of their weights at each tap.
 */
export function packFilters(
  weights: Tensor,
  depthBytes: number,
  groups: number,
  simd: boolean,
): { packed: Uint8Array; tapSums: Int32Array /* (O, kh * kw) */ } {
  const [filters, kernelHeight, kernelWidth, channels] = weights.shape;
  const taps = kernelHeight * kernelWidth;
  const tapBits = roundUp(channels, 8);
  const groupFilters = filters / groups;
  const groupRows = roundUp(groupFilters, BLOCK);
  const packed = new Uint8Array(groups * groupRows * depthBytes);
  const tapSums = new Int32Array(filters * taps).fill(-channels);
  let element = 0;
  for (let filter = 0; filter < filters; filter++) {
    const row = Math.floor(filter / groupFilters) * groupRows + (filter % groupFilters);
    const place = row % BLOCK;
    const block = (row - place) * depthBytes;
    for (let tap = 0; tap < taps; tap++) {
      for (let channel = 0; channel < channels; channel++, element++) {
        if (!((weights.data[element >> 3]! >> (element & 7)) & 1)) continue;
        const bit = tap * tapBits + channel;
        const byte = bit >> 3;
        const at = simd ? ((byte >> 2) * BLOCK + place) * 4 + (byte & 3) : place * depthBytes + byte;
        packed[block + at]! |= 1 << (bit & 7);
        tapSums[filter * taps + tap]! += 2;
      }
    }
  }
  return { packed, tapSums };
}

/** Pads an array with a value for each channel to whole blocks. */
export function padChannelValues(values: ArrayLike<number>, padding: number): Float32Array {
  const padded = new Float32Array(roundUp(values.length, BLOCK)).fill(padding);
  padded.set(values);
  return padded;
}
