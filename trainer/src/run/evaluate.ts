import type { BatchStream } from '../data/batch-stream.js';
import type { Network, Tf } from '../types.js';
import { type ImageShape, imagesTensor } from './tensors.js';

export interface Evaluation {
  /** Mean cross entropy, without smoothing and without the regulariser. */
  readonly loss: number;
  /** 0 to 1. */
  readonly accuracy: number;
  readonly images: number;
  /** Counts, by true class and then by predicted class; absent if the matrix would be too large to read. */
  readonly confusion?: readonly (readonly number[])[];
}

/** The matrix of more classes would be unreadable, and takes memory by the square of their number. */
const MAX_MATRIX_CLASSES = 100;

/**
 * Loss and accuracy over all images of a stream, with running statistics.
 *
 * @param batches one epoch; closed at the end.
 */
export async function evaluate(tf: Tf, network: Network, batches: BatchStream, shape: ImageShape): Promise<Evaluation> {
  const { classes } = network;
  const confusion =
    classes <= MAX_MATRIX_CLASSES
      ? Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
      : undefined;
  let loss = 0;
  let images = 0;
  let right = 0;
  try {
    for (let batch = await batches.next(); batch; batch = await batches.next()) {
      const input = imagesTensor(tf, batch, shape);
      const output = tf.tidy(() => network.forward(input, false));
      const logits = await output.data();
      tf.dispose([input, output]);
      for (let n = 0; n < batch.count; n++) {
        const row = logits.subarray(n * classes, (n + 1) * classes) as Float32Array;
        const label = batch.labels[n]!;
        const predicted = argMax(row);
        if (confusion) confusion[label]![predicted]!++;
        if (predicted === label) right++;
        loss += logSumExp(row) - row[label]!;
      }
      images += batch.count;
    }
  } finally {
    await batches.close();
  }
  return { loss: loss / images, accuracy: right / images, images, ...(confusion && { confusion }) };
}

/** Index of the largest value; of several, the lowest. */
function argMax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

function logSumExp(values: Float32Array): number {
  const largest = values.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
