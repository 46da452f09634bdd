import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataset } from '@signwave/data/node';
import { createNetwork } from '../../src/models/index.js';
import { seededRandom } from '../../src/random.js';
import { trainStep } from '../../src/step.js';
import type { Tensor, TrainingBackend } from '../../src/types.js';
import { FILES } from './bundle-layout.js';
import { norm, relativeDistance } from './distance.js';
import { IMAGE_BYTES } from './image-residuals.js';
import type { StepFindings } from './report.js';
import { cifarIn } from './unpack.js';

/** Few, because the back end `cpu`, which has to compute the same, is slow. */
const IMAGES = 4;
const LOSS_TOLERANCE = 1e-4;
/** One activation near 0 that another rounding turns changes a layer's gradient by about this much. */
const GRADIENT_TOLERANCE = 1e-2;
/**
 * Share of the whole gradient below which a parameter's isn't measured by itself. Batch norm takes away the scale of a filter, so what
 * `alpha` gets is nothing but rounding.
 */
const GRADIENT_FLOOR = 1e-3;
const SIDE = 32;

/** What a training step computes: its loss, and gradients in the order of the network's parameters. */
export interface StepResult {
  readonly loss: number;
  readonly gradients: readonly { readonly name: string; readonly values: Float32Array }[];
}

/**
 * A step of ResNet-20 on the first training images, from seeded weights, in stage 1. In stage 2 many sums equal their mean before training,
 * and rounding decides their signs, so that no two back ends agree.
 *
 * @param work has the unpacked images.
 */
export async function firstStep(backend: TrainingBackend, work: string): Promise<StepResult> {
  const { tf } = backend;
  const network = createNetwork('resnet20_1w1a', { backend, random: seededRandom(1), classes: 10, omega0: 20 });
  network.stage = '1';
  network.afterStep();
  const { pixels, labels } = await firstImages(work);
  const x = tf.tensor4d(pixels, [IMAGES, SIDE, SIDE, 3]);
  const y = tf.tensor1d(labels, 'int32');
  const kept = new Map<string, Tensor>();
  const optimizer = {
    step: (gradients: Readonly<Record<string, Tensor>>): void => {
      for (const [name, gradient] of Object.entries(gradients)) kept.set(name, tf.keep(tf.clone(gradient)));
    },
  };
  const { loss } = await trainStep({ tf, network, optimizer, images: x, labels: y, learningRate: 0, tau: 1e-4 });
  const gradients: StepResult['gradients'][number][] = [];
  for (const { name, variable } of network.parameters) {
    gradients.push({ name, values: (await kept.get(variable.name)!.data()) as Float32Array });
  }
  tf.dispose([x, y, ...kept.values()]);
  network.dispose();
  return { loss, gradients };
}

/** Compare a step with the one that the bundle has from the back end `cpu`. */
export async function compareStep(backend: TrainingBackend, bundle: string, work: string): Promise<StepFindings> {
  const { loss, gradients } = await firstStep(backend, work);
  const expected = readReference(bundle);
  const distances: Record<string, number> = {};
  const floor = GRADIENT_FLOOR * norm(expected.values);
  let first = 0;
  for (const { name, values } of gradients) {
    distances[name] = relativeDistance(values, expected.values.subarray(first, first + values.length), floor);
    first += values.length;
  }
  if (first !== expected.values.length) {
    throw new Error(`the network has ${first} gradients, the bundle's reference ${expected.values.length}`);
  }
  const worst = Math.max(...Object.values(distances));
  return {
    images: IMAGES,
    loss,
    expectedLoss: expected.loss,
    gradients: distances,
    worst,
    agrees: Math.abs(loss - expected.loss) <= LOSS_TOLERANCE * expected.loss && worst <= GRADIENT_TOLERANCE,
  };
}

/** The two files of a reference. */
export function encodeReference({ loss, gradients }: StepResult): { loss: string; gradients: Uint8Array } {
  const bytes = Buffer.concat(gradients.map(({ values }) => new Uint8Array(values.slice().buffer)));
  return { loss: `${JSON.stringify({ loss })}\n`, gradients: bytes };
}

function readReference(bundle: string): { loss: number; values: Float32Array } {
  const { loss } = JSON.parse(readFileSync(join(bundle, FILES.loss), 'utf8')) as { loss: number };
  const bytes = new Uint8Array(readFileSync(join(bundle, FILES.gradients)));
  return { loss, values: new Float32Array(bytes.buffer, 0, bytes.length / Float32Array.BYTES_PER_ELEMENT) };
}

/** Pixels as (N, 32, 32, 3), from -1 to 1. */
async function firstImages(work: string): Promise<{ pixels: Float32Array; labels: number[] }> {
  const { images } = await openDataset({ format: 'cifar10', folder: cifarIn(work), part: 'train' });
  if (images.kind !== 'memory') throw new Error('the images of CIFAR-10 are not in memory');
  const bytes = images.pixels.subarray(0, IMAGES * IMAGE_BYTES);
  return {
    pixels: Float32Array.from(bytes, (byte) => byte / 127.5 - 1),
    labels: Array.from(images.labels.subarray(0, IMAGES)),
  };
}
