import { unpackBits } from './bits.js';
import { SignwaveError } from './errors.js';
import type { DataType, Tensor, TensorShape } from './values.js';

/** Number of bits that one element takes in the file. */
const ELEMENT_BITS: Readonly<Record<DataType, number>> = { f32: 32, bits: 1, f16: 16, i8: 8, i16: 16 };

/** Whether this machine is little-endian, as nearly all are; float32 values then lie in memory as in the file. */
export const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

export function tensorElements(shape: TensorShape): number {
  return shape[0] * shape[1] * shape[2] * shape[3];
}

/** Size of a tensor's data in bytes, without the padding that aligns the next tensor. */
export function tensorBytes(dtype: DataType, shape: TensorShape): number {
  return Math.ceil((tensorElements(shape) * ELEMENT_BITS[dtype]) / 8);
}

/** Makes an f32 tensor of `values`, which are in row-major order of `shape`. */
export function f32Tensor(shape: TensorShape, values: Float32Array): Tensor {
  if (values.length !== tensorElements(shape)) {
    throw new SignwaveError('E_TENSOR', `a tensor of shape (${shape.join(', ')}) can't hold ${values.length} values`);
  }
  const data = new Uint8Array(values.length * 4);
  const view = new DataView(data.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i]!, true);
  return { dtype: 'f32', shape, data };
}

/**
 * Decodes the numbers of a tensor, in row-major order of its shape: `bits` as +1 and -1, all others as stored.
 *
 * @returns a new array of {@link tensorElements} float32 values.
 */
export function tensorValues(tensor: Tensor): Float32Array {
  const count = tensorElements(tensor.shape);
  if (tensor.dtype === 'bits') return unpackBits(tensor.data, count);
  const view = new DataView(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  const values = new Float32Array(count);
  switch (tensor.dtype) {
    case 'f32':
      if (IS_LITTLE_ENDIAN) new Uint8Array(values.buffer).set(tensor.data);
      else for (let i = 0; i < count; i++) values[i] = view.getFloat32(i * 4, true);
      break;
    case 'f16':
      for (let i = 0; i < count; i++) values[i] = halfToFloat(view.getUint16(i * 2, true));
      break;
    case 'i8':
      for (let i = 0; i < count; i++) values[i] = view.getInt8(i);
      break;
    case 'i16':
      for (let i = 0; i < count; i++) values[i] = view.getInt16(i * 2, true);
      break;
  }
  return values;
}

/** Converts an IEEE 754 binary16 to a number, which float32 holds exactly. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
