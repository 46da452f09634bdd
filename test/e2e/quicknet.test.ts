import { type Architecture, convertCheckpoint, openCheckpoint } from '@signwave/convert';
import { bytesSource, writeModel } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { load } from '@signwave/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { trainedConv } from '../../convert/src/models/methods/trained.js';
import { buildQuicknet } from '../../convert/src/models/trained/quicknet.js';
import { type FloatTensor, floatFile } from '../../convert/test/checkpoints/build-safetensors.js';
import { chooseBackend } from '../../trainer/src/backends/choose-backend.js';
import { METHODS, type Method, type MethodName } from '../../trainer/src/methods/index.js';
import { defineNetwork } from '../../trainer/src/models/define-network.js';
import { styleOf } from '../../trainer/src/models/method-style.js';
import { quicknet } from '../../trainer/src/models/quicknet.js';
import { createOptimizer } from '../../trainer/src/optimizer/index.js';
import { seededRandom } from '../../trainer/src/random.js';
import { trainStep } from '../../trainer/src/step.js';
import type { Network, Tensor1D, Tensor2D, Tensor4D, TrainingBackend } from '../../trainer/src/types.js';
import { differingBits } from './agreement.js';

/** Few blocks and channels; test/e2e/trained-networks.test.ts trains larq's sizes. */
const BLOCKS = [1, 1, 1, 2] as const;
const WIDTHS = [16, 24, 40, 40] as const;
const PLACE = { family: 'quicknet', precision: '1w1a' } as const;
/** Bytes become exact floats, so that both sides begin with the same. */
const RECIPE = { channelOrder: 'rgb', divisor: 1, mean: [128, 128, 128], std: [64, 64, 64] } as const;
const IMAGES = 3;
const OMEGA0 = 20;

/** Methods with integer sums, with learned factors, with factors of their own, with another sign of 0, and with a real first stage. */
const METHODS_TRIED: readonly MethodName[] = ['ste-sign', 'swish-sign', 'biper', 'bi-real', 'xnor-net'];

let backend: TrainingBackend;
beforeAll(async () => {
  backend = await chooseBackend({ force: 'wasm' });
});

const bytesOf = (side: number): Uint8Array => {
  const random = seededRandom(7);
  // Blots rather than noise, which would drive every layer to its thresholds.
  return Uint8Array.from({ length: IMAGES * side * side * 3 }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const [x, y] = [pixel % side, Math.floor(pixel / side) % side];
    const image = Math.floor(pixel / (side * side));
    return 128 + 80 * Math.sin(image + channel + y / 5) * Math.cos(image - x / 4) + 40 * (random.next() - 0.5);
  });
};

/** Three steps, so that statistics and shifts aren't those of a new network. */
async function trained(method: MethodName, side: number): Promise<Network> {
  const { tf } = backend;
  const random = seededRandom(2);
  const options = { backend, random, classes: 10, omega0: OMEGA0, method, weightClip: 1.25 };
  const network = defineNetwork('small', PLACE, options, quicknet(BLOCKS, WIDTHS)('1w1a'));
  const optimizer = createOptimizer(tf, network.parameters, {
    optimizer: 'sgd',
    learningRate: 0.05,
    latent: { optimizer: 'adam', learningRate: 0.01 },
    momentum: 0.9,
    nesterov: false,
    weightDecay: 0,
    decay: 'all',
  });
  network.afterStep();
  const images = imagesOf(bytesOf(side), side);
  const labels = tf.tensor1d([0, 1, 2], 'int32') as Tensor1D;
  for (let i = 0; i < 3; i++) {
    await trainStep({ tf, network, optimizer, images, labels, learningRate: 0.05, tau: 0 });
  }
  tf.dispose([images, labels]);
  optimizer.dispose();
  network.stage = '2';
  return network;
}

const imagesOf = (bytes: Uint8Array, side: number): Tensor4D =>
  backend.tf.tensor4d(
    Float32Array.from(bytes, (byte) => (byte - 128) / 64),
    [IMAGES, side, side, 3],
  );

async function fileOf({ parameters, buffers }: Network): Promise<Uint8Array> {
  const tensors = new Map<string, FloatTensor>();
  const all = [
    ...parameters.map(({ name, variable }) => ({ name, tensor: variable })),
    ...buffers.map((buffer) => ({ name: buffer.name, tensor: buffer.get() })),
  ];
  for (const { name, tensor } of all) {
    if (tensor.dtype === 'float32')
      tensors.set(name, { shape: tensor.shape, values: (await tensor.data()) as Float32Array });
  }
  return floatFile(tensors);
}

function architectureOf(method: MethodName, side: number): Architecture {
  const { scale }: Method = METHODS[method];
  const quantizers = {
    weights: method,
    activations: method === 'biper' ? 'per-sample' : method,
    activationBits: 1,
    hasAlpha: scale !== 'none',
  };
  const layers = { style: styleOf(PLACE, method, {}), conv: trainedConv(quantizers, false) };
  return {
    name: 'small',
    method,
    needsOmega0: method === 'biper',
    preprocess: RECIPE,
    classifier: 'fc',
    build: buildQuicknet(BLOCKS, WIDTHS)(layers, { height: side, width: side, channels: 3 }),
  };
}

describe('a small QuickNet after three steps', () => {
  test.each([...METHODS_TRIED.map((method) => [method, 32] as const), ['ste-sign', 37], ['ste-sign', 50]] as const)(
    'of %s on images of %i pixels is packed with every bit, and has the trainer’s logits',
    async (method, side) => {
      const { tf } = backend;
      const network = await trained(method, side);
      const checkpoint = await openCheckpoint(bytesSource(await fileOf(network), 'small.safetensors'));
      const { model: file } = await convertCheckpoint(checkpoint, {
        writer: 'signwave test',
        arch: architectureOf(method, side),
        ...(method === 'biper' && { omega0: OMEGA0 }),
      });
      const bytes = bytesOf(side);
      const images = imagesOf(bytes, side);
      const logits = tf.tidy(() => network.forward(images, false)) as Tensor2D;
      const expected = await logits.data();
      const size = Math.max(...expected.map(Math.abs));
      const model = await load(writeModel(file));
      const reference = new Reference(file.graph);
      for (let n = 0; n < IMAGES; n++) {
        const image = bytes.subarray(n * side * side * 3, (n + 1) * side * side * 3);
        const found = model.run(image);
        const differing = differingBits(file, model, reference.record(image).maps);
        expect(differing).toEqual(differing.map(() => 0));
        expect(differing.length).toBeGreaterThanOrEqual(BLOCKS.reduce<number>((a, b) => a + b, 0));
        found.forEach((value, c) => {
          expect(Math.abs(value - expected[n * 10 + c]!), `image ${n}, class ${c}`).toBeLessThan(1e-5 * size);
        });
      }
      tf.dispose([images, logits]);
      network.dispose();
    },
  );
});
