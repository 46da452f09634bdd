import { tensorBytes } from './tensor.js';
import type { Tensor } from './values.js';

/** Tensors start at multiples of this many bytes, both in `Model.data` and in the file. */
export const TENSOR_ALIGN_BYTES = 16;

export function alignUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/**
 * Computes where each tensor lies in `Model.data`. SPEC.md 3.1 allows exactly one placement.
 *
 * @returns `offsets` in bytes, one per tensor, and `dataBytes`, the end of the last one.
 */
export function placeTensors(tensors: readonly Pick<Tensor, 'dtype' | 'shape'>[]): {
  offsets: number[];
  dataBytes: number;
} {
  let dataBytes = 0;
  const offsets = tensors.map(({ dtype, shape }) => {
    const offset = alignUp(dataBytes, TENSOR_ALIGN_BYTES);
    dataBytes = offset + tensorBytes(dtype, shape);
    return offset;
  });
  return { offsets, dataBytes };
}
