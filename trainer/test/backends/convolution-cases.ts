import type { Tensor4D, Tf } from '../../src/types.js';

export interface ConvolutionCase {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly filter: number;
  readonly stride: number;
  /** Rows and columns of zeros on every side, or TensorFlow's word for them. */
  readonly pad: number | 'same' | 'valid';
}

/** Filters of 1, 3, 5 and 7, strides 1 to 3, odd and even sizes, no pad, PyTorch's usual one, and one wider than that. */
type Row = [number, number, number, number, number, number, number, ConvolutionCase['pad']];
const ROWS: readonly Row[] = [
  [2, 8, 8, 3, 5, 3, 1, 1],
  [2, 8, 8, 4, 6, 3, 2, 1],
  [3, 7, 9, 4, 6, 3, 2, 1],
  [3, 9, 7, 4, 6, 3, 2, 0],
  [2, 8, 8, 4, 6, 1, 1, 0],
  [2, 8, 7, 4, 6, 1, 2, 0],
  [2, 6, 6, 2, 3, 1, 2, 1],
  [1, 9, 9, 2, 3, 5, 2, 2],
  [2, 10, 8, 2, 3, 5, 1, 2],
  [1, 16, 16, 3, 4, 7, 2, 3],
  [1, 11, 13, 2, 3, 7, 1, 3],
  [2, 10, 10, 2, 3, 3, 3, 1],
  [2, 6, 6, 2, 3, 3, 1, 2],
  [2, 8, 7, 3, 4, 3, 2, 'same'],
  [2, 8, 7, 3, 4, 3, 2, 'valid'],
];
export const CONVOLUTION_CASES: readonly ConvolutionCase[] = ROWS.map(
  ([images, height, width, inChannels, outChannels, filter, stride, pad]) => ({
    images,
    height,
    width,
    inChannels,
    outChannels,
    filter,
    stride,
    pad,
  }),
);

export function nameOf({
  images,
  height,
  width,
  inChannels,
  outChannels,
  filter,
  stride,
  pad,
}: ConvolutionCase): string {
  return `${filter}x${filter}, stride ${stride}, pad ${pad}, (${images}, ${height}, ${width}, ${inChannels}) -> ${outChannels}`;
}

export interface ConvolutionResult {
  readonly y: Float32Array;
  readonly inputGradient: Float32Array;
  readonly filterGradient: Float32Array;
}

/** Output, and gradients of sum(y * dy), on tfjs's current back end; the same numbers on each. */
export async function runConvolution(
  tf: Tf,
  { images, height, width, inChannels, outChannels, filter, stride, pad }: ConvolutionCase,
): Promise<ConvolutionResult> {
  const x = tf.tensor4d(wave(images * height * width * inChannels, 1.3), [images, height, width, inChannels]);
  const w = tf.tensor4d(wave(filter * filter * inChannels * outChannels, 0.7), [
    filter,
    filter,
    inChannels,
    outChannels,
  ]);
  const convolve = (a: Tensor4D, b: Tensor4D): Tensor4D => tf.conv2d(a, b, stride, pad);
  const y = convolve(x, w);
  const dy = tf.tensor4d(wave(y.size, 2.1), y.shape);
  const [dx, dw] = tf.grads((a, b) => tf.sum(tf.mul(convolve(a as Tensor4D, b as Tensor4D), dy)))([x, w]);
  const result = {
    y: (await y.data()) as Float32Array,
    inputGradient: (await dx!.data()) as Float32Array,
    filterGradient: (await dw!.data()) as Float32Array,
  };
  tf.dispose([x, w, y, dy, dx!, dw!]);
  return result;
}

/** Values in [-1, 1] without a pattern that a wrong index would keep. */
export function wave(length: number, frequency: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(frequency * i * i + i));
}

export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}
