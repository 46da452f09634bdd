import type { BatchStream } from '../data/batch-stream.js';
import type { Network, Tf } from '../types.js';
import { type ImageShape, imagesTensor } from './tensors.js';

/**
 * Replace the running statistics of all batch norms by their means over batches of training images, with the weights of evaluation. The
 * running ones remember the last ten steps or so, in which weights move; and some methods train with other weights than they evaluate with.
 *
 * @param batches closed at the end. @param images at least this many are taken, or all.
 */
export async function recomputeStatistics(
  tf: Tf,
  network: Network,
  batches: BatchStream,
  { images, shape }: { readonly images: number; readonly shape: ImageShape },
): Promise<void> {
  let taken = 0;
  let pass = 0;
  try {
    for (let batch = await batches.next(); batch && taken < images; batch = await batches.next()) {
      const input = imagesTensor(tf, batch, shape);
      pass++;
      network.statisticsPass = pass;
      const output = tf.tidy(() => network.forward(input, false));
      await output.data();
      tf.dispose([input, output]);
      taken += batch.count;
    }
  } finally {
    network.statisticsPass = undefined;
    await batches.close();
  }
}
