import type { Batch } from '../data/batch-plan.js';
import type { Tensor1D, Tensor4D, Tf } from '../types.js';

/** Size of the images that a network sees, in pixels. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** @returns (N, height, width, channels) float32. */
export function imagesTensor(tf: Tf, { images, count }: Batch, { height, width, channels }: ImageShape): Tensor4D {
  return tf.tensor4d(images, [count, height, width, channels], 'float32');
}

/** @returns (N) int32. */
export function labelsTensor(tf: Tf, { labels }: Batch): Tensor1D {
  return tf.tensor1d(labels, 'int32');
}
