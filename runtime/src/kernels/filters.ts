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
 * Packs the bits of filters in the order of patches: for each tap (ky, kx) the channels of a group, padded to whole bytes.
 *
 * @returns a row of `depthBytes` for each filter, and the sums of its weights at each tap.
 */
export function packFilters(
  weights: Tensor,
  depthBytes: number,
): { rows: Uint8Array; tapSums: Int32Array /* (O, kh * kw) */ } {
  const [filters, kernelHeight, kernelWidth, channels] = weights.shape;
  const taps = kernelHeight * kernelWidth;
  const tapBits = roundUp(channels, 8);
  const rows = new Uint8Array(filters * depthBytes);
  const tapSums = new Int32Array(filters * taps);
  let element = 0;
  for (let filter = 0; filter < filters; filter++) {
    for (let tap = 0; tap < taps; tap++) {
      let pluses = 0;
      for (let channel = 0; channel < channels; channel++, element++) {
        if ((weights.data[element >> 3]! >> (element & 7)) & 1) {
          const bit = tap * tapBits + channel;
          rows[filter * depthBytes + (bit >> 3)]! |= 1 << (bit & 7);
          pluses++;
        }
      }
      tapSums[filter * taps + tap] = 2 * pluses - channels;
    }
  }
  return { rows, tapSums };
}

/**
 * Arranges rows of packed filters in the order of the GEMM. For each group and block of 8 filters, SIMD needs words side by side
 * (gemm-simd.ts), scalar needs whole rows (gemm-scalar.ts). Filters that are missing in the last block are zeros.
 *
 * @param rows (filters, depthBytes)
 */
export function arrangeFilters(rows: Uint8Array, depthBytes: number, groups: number, simd: boolean): Uint8Array {
  const groupFilters = rows.length / depthBytes / groups;
  const blocks = Math.ceil(groupFilters / BLOCK);
  const arranged = new Uint8Array(groups * blocks * BLOCK * depthBytes);
  for (let group = 0; group < groups; group++) {
    for (let f = 0; f < groupFilters; f++) {
      const row = rows.subarray((group * groupFilters + f) * depthBytes, (group * groupFilters + f + 1) * depthBytes);
      const block = (group * blocks + Math.floor(f / BLOCK)) * BLOCK * depthBytes;
      const place = f % BLOCK;
      if (!simd) {
        arranged.set(row, block + place * depthBytes);
        continue;
      }
      for (let word = 0; word < depthBytes / 4; word++) {
        arranged.set(row.subarray(word * 4, word * 4 + 4), block + (word * BLOCK + place) * 4);
      }
    }
  }
  return arranged;
}

/** Pads an array with a value for each channel to whole blocks. */
export function padChannelValues(values: ArrayLike<number>, padding: number): Float32Array {
  const padded = new Float32Array(roundUp(values.length, BLOCK)).fill(padding);
  padded.set(values);
  return padded;
}
