import type { Scalar, Tensor, Tensor1D, Tensor2D, Tf } from '../types.js';

/**
 * Targets for the cross entropy: 1 - smoothing on the label, and smoothing / classes on every class, as PyTorch's `label_smoothing`.
 *
 * @param labels (N), int32.
 * @returns (N, classes); each row sums to 1.
 */
export function labelTargets(tf: Tf, labels: Tensor1D, classes: number, smoothing: number): Tensor2D {
  const hot = tf.cast(tf.oneHot(labels, classes), 'float32') as Tensor2D;
  return smoothing === 0 ? hot : tf.add(tf.mul(hot, 1 - smoothing), smoothing / classes);
}

/**
 * Mean over the batch of -sum over classes of target * log softmax(logits); its gradient is (softmax - target) / N.
 *
 * @param logits (N, classes).
 * @param targets (N, classes), rows that sum to 1; no gradient.
 */
export function crossEntropy(tf: Tf, logits: Tensor2D, targets: Tensor2D): Scalar {
  const operation = tf.customGrad((...args) => {
    const [z, save] = args as unknown as [Tensor2D, (tensors: Tensor[]) => void];
    const logProbabilities = logSoftmax(tf, z);
    save([logProbabilities, targets]);
    return {
      value: tf.neg(tf.mean(tf.sum(tf.mul(targets, logProbabilities), 1))) as Scalar,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [logs, wanted] = saved as [Tensor2D, Tensor2D];
        return tf.mul(tf.sub(tf.exp(logs), wanted), tf.div(dy, logs.shape[0]));
      },
    };
  });
  return operation(logits) as Scalar;
}

/**
 * Knowledge distillation (Hinton, Vinyals, Dean 2015): temperature^2 * KL(teacher || student), both softened by the temperature, averaged
 * over the batch. The square keeps the gradient as large as that of the hard labels.
 *
 * @param logits of the student, (N, classes).
 * @param teacher logits of the teacher, (N, classes); no gradient.
 */
export function distillationLoss(tf: Tf, logits: Tensor2D, teacher: Tensor2D, temperature: number): Scalar {
  const logs = logSoftmax(tf, tf.div(teacher, temperature));
  const probabilities = tf.exp(logs) as Tensor2D;
  const negativeEntropy = tf.mean(tf.sum(tf.mul(probabilities, logs), 1));
  const loss = crossEntropy(tf, tf.div(logits, temperature), probabilities);
  return tf.mul(tf.add(loss, negativeEntropy), temperature ** 2);
}

function logSoftmax(tf: Tf, z: Tensor2D): Tensor2D {
  const shifted = tf.sub(z, tf.max(z, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true))) as Tensor2D;
}
