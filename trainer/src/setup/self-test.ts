import { SignwaveError } from '@signwave/format';
import type { OpenedBackend } from '../backends/attempt.js';
import { useCpu } from '../backends/cpu.js';
import { hasFusedOperations } from '../backends/tensorflow-fused.js';
import type { Tensor, Tensor1D, Tensor4D, TrainingBackend } from '../types.js';
import { runActivationProbes } from './activation-probes.js';

/** Tolerance between back ends that sum in different orders; the values are about 1. */
const TOLERANCE = 1e-4;
const EPSILON = 1e-5;

/**
 * Compare with the cpu back end: a convolution of stride 2 with explicit pads, batch norm, our own operations, and all of their gradients.
 *
 * @returns the largest difference, relative to the largest value of the same tensor.
 * @throws {SignwaveError} `E_BACKEND` if it is above 1e-4, or one of our own operations is missing on a CPU.
 */
export async function compareWithCpu(backend: OpenedBackend): Promise<number> {
  const { tf, name } = backend;
  if (!backend.isGpu && !hasFusedOperations(tf)) {
    throw new SignwaveError(
      'E_BACKEND',
      'the addon was compiled with the operations of fused-ops.cc, but TensorFlow does not know them all. Please report it with the output of setup; --backend wasm works.',
    );
  }
  const actual = await probe(backend);
  await useCpu(tf);
  const expected = await probe({ tf, name: 'cpu', device: '', isGpu: false });
  await tf.setBackend(name);
  let worst = 0;
  for (const [what, values] of Object.entries(expected)) {
    const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    const error =
      values.reduce((largest, value, i) => Math.max(largest, Math.abs(value - actual[what]![i]!)), 0) / scale;
    if (!(error <= TOLERANCE)) {
      throw new SignwaveError(
        'E_BACKEND',
        `the back end ${name} computes something else than cpu: ${what} differs by ${error.toExponential(1)} of its largest value, expected at most ${TOLERANCE}. Don't train with it; please report it with the output of setup.`,
      );
    }
    worst = Math.max(worst, error);
  }
  return worst;
}

/** Runs layers forward and backward, on inputs that are the same everywhere. */
async function probe(backend: OpenedBackend): Promise<Record<string, Float32Array>> {
  const tensors = { ...probeConvolution(backend), ...runActivationProbes(backend.tf, [4, 5, 7, 3]) };
  const values: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    values[name] = (await tensor.data()) as Float32Array;
    tensor.dispose();
  }
  return values;
}

function probeConvolution({ tf, fusedBatchNorm }: OpenedBackend): Record<string, Tensor> {
  const composed: NonNullable<TrainingBackend['fusedBatchNorm']> = (x, scale, offset, epsilon) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const count = x.size / x.shape[3];
    return {
      y: tf.batchNorm(x, mean as Tensor1D, variance as Tensor1D, offset, scale, epsilon),
      mean: mean as Tensor1D,
      variance: tf.mul(variance, count / (count - 1)) as Tensor1D,
    };
  };
  const batchNorm = fusedBatchNorm ?? composed;
  return tf.tidy(() => {
    const image = tf.tensor4d(wave(4 * 8 * 8 * 3, 1.3), [4, 8, 8, 3]);
    const filter = tf.tensor4d(wave(3 * 3 * 3 * 5, 0.7), [3, 3, 3, 5]);
    const scale = tf.tensor1d(wave(5, 0.9));
    const offset = tf.tensor1d(wave(5, 1.9));
    const dy = tf.tensor4d(wave(4 * 4 * 4 * 5, 2.1), [4, 4, 4, 5]);
    const layer = (x: Tensor, w: Tensor, g: Tensor, b: Tensor): ReturnType<typeof batchNorm> =>
      batchNorm(tf.conv2d(x as Tensor4D, w as Tensor4D, 2, 1), g as Tensor1D, b as Tensor1D, EPSILON);
    const [dImage, dFilter, dScale, dOffset] = tf.grads((x, w, g, b) => tf.sum(tf.mul(layer(x!, w!, g!, b!).y, dy)))([
      image,
      filter,
      scale,
      offset,
    ]);
    const { y, mean, variance } = layer(image, filter, scale, offset);
    return { y, mean, variance, dImage: dImage!, dFilter: dFilter!, dScale: dScale!, dOffset: dOffset! };
  });
}

/** Values in [-1, 1]. */
function wave(length: number, frequency: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(frequency * i * i + i));
}
