import { describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { batchNorm, batchNormVector } from '../../src/layers/batch-norm.js';
import { binaryConvolution } from '../../src/layers/binary-convolution.js';
import { convolution } from '../../src/layers/convolution.js';
import { hardtanh } from '../../src/layers/hardtanh.js';
import { linear } from '../../src/layers/linear.js';
import { avgPool, globalAvgPool, padChannels } from '../../src/layers/pools.js';
import { type Definition, defineNetwork } from '../../src/models/define-network.js';
import { createNetwork } from '../../src/models/index.js';
import { Sgd } from '../../src/optimizer/sgd.js';
import { seededRandom } from '../../src/random.js';
import { verifyMemory } from '../../src/run/memory.js';
import { trainStep } from '../../src/step.js';
import type { Network, Tensor1D, Tensor4D, TrainingBackend } from '../../src/types.js';
import { describeWithBackend } from '../backends/describe-with-backend.js';

const SHAPE = { height: 28, width: 28, channels: 1 };
const STEPS = 500;

const demo = (backend: TrainingBackend): Network =>
  createNetwork('demo_1w1a', {
    backend,
    random: seededRandom(3),
    classes: 10,
    omega0: 20,
    input: { size: 28, channels: 1 },
  });

describe('the memory of a batch', () => {
  /** The most bytes of tensors at once in one step. */
  async function peakBytes(backend: TrainingBackend, network: Network, count: number): Promise<number> {
    const { tf } = backend;
    const optimizer = new Sgd(tf, network.parameters, { momentum: 0.9, weightDecay: 0, decayed: 'all' });
    const images = tf.zeros([count, 28, 28, 1]) as Tensor4D;
    const labels = tf.zeros([count], 'int32') as Tensor1D;
    const before = tf.memory().numBytes;
    const { peakBytes } = await tf.profile(async () => {
      await trainStep({ tf, network, optimizer, images, labels, learningRate: 0, tau: 1e-3 });
    });
    tf.dispose([images, labels]);
    optimizer.dispose();
    return peakBytes - before;
  }

  test('is estimated to a tenth of what a step takes', async () => {
    const backend = await chooseBackend({ force: 'wasm' });
    const network = demo(backend);
    const peak = await peakBytes(backend, network, 32);
    const shape = { network, image: SHAPE, batch: 32 };
    await verifyMemory(backend, shape, 1.1 * peak);
    await expect(verifyMemory(backend, shape, 0.9 * peak)).rejects.toMatchObject({ code: 'E_MEMORY' });
    network.dispose();
  });

  test('that is not there is an error which names the batch that fits, and that one does', async () => {
    const backend = await chooseBackend({ force: 'wasm' });
    const network = demo(backend);
    const before = { tensors: backend.tf.memory().numTensors, mean: await running(network) };
    const refusal = await verifyMemory(backend, { network, image: SHAPE, batch: 4096 }, 1e8).catch((error) => error);
    expect(refusal).toMatchObject({ code: 'E_MEMORY' });
    expect(refusal.message).toMatch(
      /^a batch of 4096 images needs about [\d.]+ GB with demo_1w1a, but 0\.1 GB are free/,
    );
    const fits = Number(/set "batchSize" to (\d+) or less/.exec(refusal.message)![1]);
    await verifyMemory(backend, { network, image: SHAPE, batch: fits }, 1e8);
    await expect(verifyMemory(backend, { network, image: SHAPE, batch: fits + 1 }, 1e8)).rejects.toThrow();
    await expect(verifyMemory(backend, { network, image: SHAPE, batch: 2 }, 1e5)).rejects.toThrow(/no batch fits/);
    expect({ tensors: backend.tf.memory().numTensors, mean: await running(network) }).toEqual(before);
    network.dispose();
  });

  test('of wasm ends at 4 GiB, whatever the machine has', async () => {
    const backend = await chooseBackend({ force: 'wasm' });
    const network = demo(backend);
    await expect(verifyMemory(backend, { network, image: SHAPE, batch: 65_536 }, 1e12)).rejects.toThrow(
      /4\.3 GB the wasm back end can have/,
    );
    network.dispose();
  });

  test('of a GPU is not judged', async () => {
    const backend = await chooseBackend({ force: 'cpu' });
    const network = demo(backend);
    await verifyMemory({ ...backend, isGpu: true }, { network, image: SHAPE, batch: 65_536 }, 1);
    network.dispose();
  });
});

async function running(network: Network): Promise<number[]> {
  const buffer = network.buffers.find(({ name }) => name.endsWith('running_mean'))!;
  return Array.from(await buffer.get().data());
}

const SIDE = 8;

/** Each kind of layer that the demo has, once: what leaks does so whatever the number and the size, and 500 steps take seconds. */
function oneOfEach(backend: TrainingBackend): Network {
  const define: Definition = (store, { quantizers }, { classes }) => {
    const { tf } = store;
    const stem = convolution(store, 'conv1', { inChannels: 1, outChannels: 4, kernel: 3, pad: 1 });
    const stemNorm = batchNorm(store, 'bn1', 4);
    const shape = { inChannels: 4, outChannels: 8, kernel: 3, stride: 2, pad: 1 };
    const binary = binaryConvolution(store, 'conv2', shape, quantizers, { hasBeta: true });
    const norm = batchNorm(store, 'bn2', 8);
    const lastNorm = batchNormVector(store, 'bn3', 8);
    const classifier = linear(store, 'linear', 8, classes);
    return (images, training) => {
      const x = hardtanh(tf, stemNorm(stem(images, training), training));
      const y = tf.add(norm(binary(x, training), training), padChannels(tf, avgPool(tf, x, 2), 2, 2)) as Tensor4D;
      return classifier(lastNorm(globalAvgPool(tf, hardtanh(tf, y)), training));
    };
  };
  return defineNetwork(
    'one-of-each',
    { family: 'resnet20', precision: '1w1a' },
    { backend, random: seededRandom(3), classes: 10, omega0: 20 },
    define,
  );
}

/** Every tensor and byte is counted after each step; the first few make the velocities and caches. */
async function isFlat(backend: TrainingBackend): Promise<void> {
  const { tf } = backend;
  const network = oneOfEach(backend);
  const optimizer = new Sgd(tf, network.parameters, { momentum: 0.9, weightDecay: 1e-4, decayed: 'all' });
  const seen = new Set<string>();
  for (let step = 0; step < STEPS; step++) {
    network.stage = step < STEPS / 2 ? '1' : '2';
    const images = tf.randomNormal([2, SIDE, SIDE, 1], 0, 1, 'float32', step) as Tensor4D;
    const labels = tf.tensor1d([step % 10, (step + 3) % 10], 'int32');
    await trainStep({ tf, network, optimizer, images, labels, learningRate: 0.01, tau: 1e-3 });
    tf.dispose([images, labels]);
    const { numTensors, numBytes, numDataBuffers } = tf.memory();
    seen.add(`${numTensors} tensors, ${numBytes} bytes, ${numDataBuffers} buffers`);
  }
  expect([...seen]).toHaveLength(1);
  network.dispose();
  optimizer.dispose();
}

test(`memory stays flat over ${STEPS} steps on wasm`, { timeout: 300_000 }, async () => {
  await isFlat(await chooseBackend({ force: 'wasm' }));
});

await describeWithBackend('tensorflow', (backend) => {
  test(`keeps memory flat over ${STEPS} steps`, { timeout: 300_000 }, async () => {
    await backend.tf.setBackend('tensorflow');
    await isFlat(backend);
  });
});
