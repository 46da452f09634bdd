import type { RandomState, Tensor1D, Tensor4D, Tf } from '../src/types.js';

/**
 * Images of noise in [-2, 2), (N, 32, 32, 3), on the device, and labels of ten classes in turn. For training steps that are timed or compared.
 */
export function seededBatch(tf: Tf, random: RandomState, count: number): { images: Tensor4D; labels: Tensor1D } {
  const pixels = Float32Array.from({ length: count * 32 * 32 * 3 }, () => 4 * random.next() - 2);
  const labels = Array.from({ length: count }, (_, i) => i % 10);
  return { images: tf.tensor4d(pixels, [count, 32, 32, 3]), labels: tf.tensor1d(labels, 'int32') };
}
