import { freemem } from 'node:os';
import { SignwaveError } from '@signwave/format';
import { type Distillation, trainStep } from '../step.js';
import type { Network, Tensor1D, Tensor4D, Tf, TrainingBackend } from '../types.js';
import type { ImageShape } from './tensors.js';

/** Two trials tell what grows with the batch from what doesn't. A single image would leave batch norm of vectors without a variance. */
const TRIAL_IMAGES = [2, 3] as const;
/** What 32-bit addresses can reach: tfjs's module can grow up to that. */
const WASM_HEAP_BYTES = 2 ** 32;

export interface StepShape {
  readonly network: Network;
  readonly distillation?: Distillation | undefined;
  readonly image: ImageShape;
  /** Images of a full batch. */
  readonly batch: number;
}

/**
 * Check that the tensors of a step fit into memory, by steps of a few images that change nothing. The size of a GPU's own memory is unknown
 * here; on a GPU the first step fails with the back end's own error.
 *
 * @param freeBytes by default what the system, or a container's limit, has left.
 * @throws {SignwaveError} `E_MEMORY` with the largest batch that fits.
 */
export async function verifyMemory(
  { tf, name, isGpu }: Pick<TrainingBackend, 'tf' | 'name' | 'isGpu'>,
  shape: StepShape,
  freeBytes = availableBytes(),
): Promise<void> {
  if (isGpu) return;
  const { network, batch } = shape;
  const [few, more] = [await peakBytes(tf, shape, TRIAL_IMAGES[0]), await peakBytes(tf, shape, TRIAL_IMAGES[1])];
  const imageBytes = (more - few) / (TRIAL_IMAGES[1] - TRIAL_IMAGES[0]);
  const fixedBytes = few - TRIAL_IMAGES[0] * imageBytes;
  const neededBytes = fixedBytes + batch * imageBytes;
  const limitBytes = name === 'wasm' ? Math.min(freeBytes, WASM_HEAP_BYTES) : freeBytes;
  if (neededBytes <= limitBytes) return;
  const fits = Math.floor((limitBytes - fixedBytes) / imageBytes);
  const advice = fits >= 2 ? `set "batchSize" to ${fits} or less` : 'no batch fits; take a smaller network';
  const what = limitBytes < freeBytes ? 'the wasm back end can have' : 'are free';
  throw new SignwaveError(
    'E_MEMORY',
    `a batch of ${batch} images needs about ${gigabytes(neededBytes)} GB with ${network.architecture}, but ${gigabytes(limitBytes)} GB ${what}; ${advice}`,
  );
}

/** The most bytes that tensors hold at once in a step on zeros. Parameters and running statistics end up unchanged. */
async function peakBytes(tf: Tf, { network, distillation, image }: StepShape, count: number): Promise<number> {
  const images = tf.zeros([count, image.height, image.width, image.channels]) as Tensor4D;
  const labels = tf.zeros([count], 'int32') as Tensor1D;
  const saved = network.buffers.map((buffer) => ({ buffer, value: tf.clone(buffer.get()) }));
  const before = tf.memory().numBytes;
  const optimizer = { step: () => {} };
  const { peakBytes } = await tf.profile(async () => {
    const options = { tf, network, optimizer, images, labels, learningRate: 0, tau: 1 };
    await trainStep(distillation ? { ...options, distillation } : options);
  });
  for (const { buffer, value } of saved) buffer.set(value);
  tf.dispose([images, labels]);
  return peakBytes - before;
}

const availableBytes = (): number => process.availableMemory?.() ?? freemem();

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
