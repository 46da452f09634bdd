import { roundHalfToEven, type Tensor, type TensorShape } from '@signwave/format';

/** The smallest normal binary16, and the distance between the numbers below it. */
const LEAST_NORMAL = 2 ** -14;
const SUBNORMAL_STEP = 2 ** -24;

/** The binary16 nearest to a number, ties to even; infinity above 65,519. */
export function floatToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size < LEAST_NORMAL) return sign | roundHalfToEven(size / SUBNORMAL_STEP);
  const exponent = Math.floor(Math.log2(size));
  // A fraction of 1024 carries into the exponent, and correctly so: bit patterns are in the order of the numbers.
  const bits = (exponent + 14) * 1024 + roundHalfToEven((size / 2 ** exponent) * 1024);
  return sign | Math.min(bits, 0x7c00);
}

/** A tensor of binary16. @param values must be exact in binary16 if no result may change. */
export function f16Tensor(shape: TensorShape, values: Float32Array): Tensor {
  const data = new Uint8Array(values.length * 2);
  const view = new DataView(data.buffer);
  values.forEach((value, i) => {
    view.setUint16(i * 2, floatToHalf(value), true);
  });
  return { dtype: 'f16', shape, data };
}
