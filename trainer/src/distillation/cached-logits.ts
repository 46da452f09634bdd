import type { Network, Tensor2D, Tensor4D, Tf } from '../types.js';
import type { LogitsCache } from './logits-cache.js';

/**
 * A teacher's logits in evaluation, from its cache; those that it doesn't have are computed, all at once, and added.
 *
 * @param images (N, H, W, C). @param views their numbers, (N).
 * @returns (N, classes); it belongs to the caller.
 */
export async function cachedLogits(
  tf: Tf,
  teacher: Network,
  cache: LogitsCache,
  images: Tensor4D,
  views: Int32Array,
): Promise<Tensor2D> {
  const { classes } = teacher;
  const logits = new Float32Array(views.length * classes);
  const missing: number[] = [];
  for (const [i, row] of (await cache.read(views)).entries()) {
    if (row) logits.set(row, i * classes);
    else missing.push(i);
  }
  if (missing.length > 0) {
    const computed = await evaluate(tf, teacher, images, missing);
    for (const [k, i] of missing.entries()) logits.set(computed.subarray(k * classes, (k + 1) * classes), i * classes);
    await cache.write(
      missing.map((i) => views[i]!),
      computed,
    );
  }
  return tf.tensor2d(logits, [views.length, classes]);
}

/** The logits (chosen, classes) of some images of a batch. */
async function evaluate(tf: Tf, teacher: Network, images: Tensor4D, chosen: readonly number[]): Promise<Float32Array> {
  const logits = tf.tidy(() => teacher.forward(tf.gather(images, tf.tensor1d([...chosen], 'int32')), false));
  try {
    return (await logits.data()) as Float32Array;
  } finally {
    tf.dispose(logits);
  }
}
