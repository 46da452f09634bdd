import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { createNetwork } from '../../src/models/index.js';
import type { NetworkOptions } from '../../src/models/network-options.js';
import { seededRandom } from '../../src/random.js';
import type { Network, Tensor, Tensor2D, Tensor4D, TrainingBackend } from '../../src/types.js';
import { type WarmStartSide, warmStart } from '../../src/warm-start/warm-start.js';

let backend: TrainingBackend;
beforeAll(async () => {
  backend = await chooseBackend({ force: 'wasm' });
});

/** The same layers as a network that binarises activations has, without its jumps: what two networks compute can be compared. */
const REAL = { activations: 'identity', style: { nonlinearity: 'hardtanh' } } as const;

interface Make extends Partial<NetworkOptions> {
  readonly architecture?: string;
  readonly seed?: number;
}

function side({ architecture = 'demo_1w1a', seed = 1, omega0 = 20, ...options }: Make = {}): WarmStartSide {
  const network = createNetwork(architecture, {
    backend,
    random: seededRandom(seed),
    classes: 10,
    omega0,
    ...REAL,
    ...options,
  });
  const isBiper = architecture === 'demo_1w1a' && (options.method ?? 'biper') === 'biper';
  return { network, name: architecture, omega0: isBiper ? omega0 : undefined };
}

/** As training would: no batch norm has the mean, variance, scale and shift that it starts with. */
async function disturb({ network }: WarmStartSide): Promise<void> {
  const { tf } = backend;
  tf.tidy(() => {
    for (const [i, { name, variable }] of network.parameters.entries()) {
      if (variable.shape.length === 1)
        variable.assign(tf.randomUniform(variable.shape, 0.5, 1.5, 'float32', i) as never);
      if (name.endsWith('alpha')) variable.assign(tf.randomUniform(variable.shape, -1, 1, 'float32', i) as never);
    }
    for (const [i, buffer] of network.buffers.entries()) {
      const { shape } = buffer.get();
      if (buffer.name.includes('running')) buffer.set(tf.randomUniform(shape, 0.5, 1.5, 'float32', i));
    }
  });
}

async function logitsOf({ network }: WarmStartSide): Promise<Float32Array> {
  const { tf } = backend;
  const images = tf.randomNormal([3, 28, 28, 1], 0, 1, 'float32', 9) as Tensor4D;
  const logits = tf.tidy(() => network.forward(images, false)) as Tensor2D;
  const data = (await logits.data()) as Float32Array;
  tf.dispose([images, logits]);
  return data;
}

function expectClose(found: Float32Array, expected: Float32Array): void {
  const size = Math.max(...expected.map(Math.abs));
  for (const [i, value] of found.entries()) expect(Math.abs(value - expected[i]!) / size).toBeLessThan(1e-5);
}

const tensorOf = ({ parameters, buffers }: Network, name: string): Tensor =>
  parameters.find((it) => it.name === name)?.variable ?? buffers.find((it) => it.name === name)!.get();

async function start(target: WarmStartSide, source: WarmStartSide): Promise<string> {
  await disturb(source);
  return warmStart(backend.tf, target, source, 'max');
}

describe('a network that starts from', () => {
  test('its float twin computes the twin’s logits in stage 1', async () => {
    const [target, twin] = [side(), side({ architecture: 'demo_float', seed: 2 })];
    const line = await start(target, twin);
    expectClose(await logitsOf(target), await logitsOf(twin));
    expect(line).toMatch(
      /^warm start from demo_float: took over \d+ of \d+ tensors, filters of 6 layers as sin\(20 w\) with range "max"; layer1\.0\.conv1\.beta, .* and \d+ more keep their initial values$/,
    );
  });

  test('stage 1 of a network with real weights and a factor of each filter has its logits, too', async () => {
    const [target, source] = [side(), side({ method: 'sign-two-stage', seed: 2 })];
    await start(target, source);
    expectClose(await logitsOf(target), await logitsOf(source));
  });

  test('another of BiPer with the same frequency has its tensors bit for bit', async () => {
    const [target, source] = [side(), side({ seed: 2 })];
    const line = await start(target, source);
    for (const { name, variable } of target.network.parameters)
      expect(await variable.data(), name).toEqual(await tensorOf(source.network, name).data());
    expect(line).toMatch(/took over (\d+) of \1 tensors; nothing keeps its initial values$/);
  });

  test('another of BiPer with another frequency has its waves', async () => {
    const [target, source] = [side({ omega0: 7 }), side({ seed: 2 })];
    await start(target, source);
    expectClose(await logitsOf(target), await logitsOf(source));
    const name = 'layer2.0.conv1.weight';
    const [found, expected] = [tensorOf(target.network, name), tensorOf(source.network, name)];
    expectClose(
      (await found.data()).map((w) => 7 * w) as Float32Array,
      (await expected.data()).map((w) => 20 * w) as Float32Array,
    );
  });

  test('BiPer’s waves, without a wave of its own, has them as weights', async () => {
    const [target, source] = [side({ method: 'sign-two-stage' }), side({ seed: 2 })];
    await start(target, source);
    expectClose(await logitsOf(target), await logitsOf(source));
  });

  test('its float twin, without a wave, has the twin’s weights as latent ones', async () => {
    const [target, twin] = [side({ method: 'bnn' }), side({ architecture: 'demo_float', seed: 2 })];
    await start(target, twin);
    const name = 'layer3.0.conv2.weight';
    expect(await tensorOf(target.network, name).data()).toEqual(await tensorOf(twin.network, name).data());
    const two = side({ method: 'sign-two-stage' });
    await start(two, twin);
    expectClose(await logitsOf(two), await logitsOf(twin));
  });

  test('a twin, with the paper’s scale, has the directions of its filters', async () => {
    const [target, twin] = [side({ outputScale: 'wave' }), side({ architecture: 'demo_float', seed: 2 })];
    await start(target, twin);
    const name = 'layer1.0.conv1.weight';
    const [latent, v] = [await tensorOf(target.network, name).data(), await tensorOf(twin.network, name).data()];
    const a = Math.max(...v.subarray(0, 144).map(Math.abs));
    for (let i = 0; i < 144; i++) expect(Math.sin(20 * latent[i]!)).toBeCloseTo(v[i]! / a, 5);
  });

  test('a network of other shapes is refused and stays as it is', async () => {
    const [target, source] = [side(), side({ architecture: 'resnet18A_1w1a', seed: 2 })];
    const before = await tensorOf(target.network, 'bn1.weight').data();
    await expect(warmStart(backend.tf, target, source, 'max')).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringMatching(
        /^resnet18A_1w1a: "conv1\.weight" is \(32, 3, 3, 3\), but demo_1w1a has \(16, 1, 3, 3\)/,
      ),
    });
    expect(await tensorOf(target.network, 'bn1.weight').data()).toEqual(before);
  });

  test('a network without a common name is refused', async () => {
    const [target, source] = [side(), side({ seed: 2 })];
    const { parameters } = source.network;
    const renamed = {
      parameters: parameters.map((it) => ({ ...it, name: `module.${it.name}` })),
      buffers: [],
      binaryLayers: [],
    };
    const stranger = { ...source, name: 'other', network: renamed as unknown as Network };
    await expect(warmStart(backend.tf, target, stranger, 'max')).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringMatching(/^other has no tensor of demo_1w1a, such as "conv1\.weight" \(16, 1, 3, 3\)/),
    });
  });

  test('another leaves no tensor behind', async () => {
    const [target, source] = [side(), side({ architecture: 'demo_float', seed: 2 })];
    const before = backend.tf.memory().numTensors;
    await warmStart(backend.tf, target, source, 'max');
    expect(backend.tf.memory().numTensors).toBe(before);
  });
});
