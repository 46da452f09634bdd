import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { binaryConvolution } from '../../src/layers/binary-convolution.js';
import { LayerStore } from '../../src/layers/layer-store.js';
import { waveScale } from '../../src/layers/output-scale.js';
import { biper } from '../../src/methods/biper.js';
import { seededRandom } from '../../src/random.js';
import type { Scalar, Tensor4D, TrainingBackend, Variable } from '../../src/types.js';
import { centralDifferences } from '../quantizers/differentiate.js';

const OMEGA0 = 20;
const SHAPE = { inChannels: 3, outChannels: 4, kernel: 1 };
/** (4, 3, 1, 1). */
const WEIGHTS = [0.031, -0.072, 0.005, 0.121, -0.027, 0.064, -0.045, 0.0083, 0.173, -0.112, 0.021, -0.007];
/** Two pixels of three channels. */
const INPUT = [0.4, -0.3, 0.9, -0.2, -0.7, 0.1];
const SIGNS = INPUT.map(Math.sign);

const gammaOf = (w: readonly number[]): number =>
  w.reduce((sum, value) => sum + Math.abs(Math.sin(OMEGA0 * value)), 0) / w.length;
/** The 1 x 1 convolution of SIGNS with `filters`: (2 pixels, 4 channels). */
const convolved = (filters: readonly number[]): number[] =>
  [0, 3].flatMap((pixel) =>
    [0, 3, 6, 9].map((o) => [0, 1, 2].reduce((sum, i) => sum + SIGNS[pixel + i]! * filters[o + i]!, 0)),
  );

describe.each(['wasm', 'cpu'] as const)('a binary convolution scaled by gamma, on %s', (name) => {
  let backend: TrainingBackend;
  beforeAll(async () => {
    backend = await chooseBackend({ force: name });
  });

  function makeLayer() {
    const { tf } = backend;
    const store = new LayerStore(backend, seededRandom(1));
    const options = { omega0: OMEGA0, options: {} };
    const quantizers = {
      weights: { make: biper.weights, options },
      activations: { make: biper.activations, options },
      scale: 'wave',
      wave: (w: Tensor4D) => waveScale(tf, w, OMEGA0),
      hasBias: false,
      hasRelics: true,
    } as const;
    const layer = binaryConvolution(store, 'conv', SHAPE, quantizers);
    const weight = store.parameters[0]!.variable;
    assign(weight, WEIGHTS);
    const run = async (training: boolean): Promise<number[]> => {
      const y = tf.tidy(() => layer(tf.tensor4d(INPUT, [1, 1, 2, 3]), training));
      const values = Array.from(await y.data());
      y.dispose();
      return values;
    };
    return { store, layer, weight, run };
  }

  function assign(weight: Variable, values: readonly number[]): void {
    const { tf } = backend;
    tf.tidy(() => weight.assign(tf.tensor(values as number[], weight.shape) as Variable));
  }

  const alphaOf = (store: LayerStore) => store.buffers.find((it) => it.name === 'conv.alpha')!;

  test('is so in stage 2, and not at all in stage 1, whose weights are real', async () => {
    const { store, run } = makeLayer();
    const sines = WEIGHTS.map((w) => Math.sin(OMEGA0 * w));
    const ofStage = { 1: convolved(sines), 2: convolved(sines.map(Math.sign)).map((y) => gammaOf(WEIGHTS) * y) };
    for (const stage of ['1', '2'] as const) {
      store.phase.stage = stage;
      for (const training of [true, false]) {
        const found = await run(training);
        found.forEach((value, i) => {
          expect(value, `stage ${stage}, ${i}`).toBeCloseTo(ofStage[stage][i]!, 5);
        });
      }
    }
    store.dispose();
  });

  test('keeps gamma as alpha in the state dict, no parameter, and right after each change of the weights', async () => {
    const { store, weight } = makeLayer();
    expect(store.parameters.map((it) => it.name)).toEqual(['conv.weight']);
    for (const factor of [1, -0.5, 0.25]) {
      const values = WEIGHTS.map((w) => factor * w);
      assign(weight, values);
      const alpha = alphaOf(store).get();
      expect(alpha.shape).toEqual([4, 1, 1]);
      for (const value of await alpha.data()) expect(value).toBeCloseTo(gammaOf(values), 6);
    }
    // A checkpoint's alpha is read, but the weights decide.
    alphaOf(store).set(backend.tf.zeros([4, 1, 1]));
    expect((await alphaOf(store).get().data())[0]).toBeGreaterThan(0);
    store.dispose();
  });

  test('has the gradient of gamma sin(omega0 w), gamma a constant', async () => {
    const { tf } = backend;
    const { store, layer, weight } = makeLayer();
    store.phase.stage = '2';
    const probe = Array.from({ length: 8 }, (_, i) => Math.cos(1.3 * i));
    const gradient = tf.tidy(() => {
      const { grads } = tf.variableGrads(
        () => tf.sum(tf.mul(layer(tf.tensor4d(INPUT, [1, 1, 2, 3]), true), tf.tensor4d(probe, [1, 1, 2, 4]))) as Scalar,
        [weight],
      );
      return Object.values(grads)[0]!;
    });
    const found = await gradient.data();
    const gamma = gammaOf(WEIGHTS);
    const surrogate = (w: readonly number[]) => convolved(w.map((value) => gamma * Math.sin(OMEGA0 * value)));
    const expected = centralDifferences(surrogate, WEIGHTS, probe);
    found.forEach((value, i) => {
      expect(value, `weight ${i}`).toBeCloseTo(expected[i]!, 3);
    });
    gradient.dispose();
    store.dispose();
  });

  test('leaves no tensors behind', async () => {
    const { tf } = backend;
    const before = tf.memory().numTensors;
    const { store, weight, run } = makeLayer();
    store.phase.stage = '2';
    const counts = new Set<number>();
    for (let step = 0; step < 4; step++) {
      assign(
        weight,
        WEIGHTS.map((w) => w + 0.01 * step),
      );
      await run(true);
      counts.add(tf.memory().numTensors);
    }
    expect(counts.size).toBe(1);
    // As after a step that nobody has looked at.
    assign(weight, WEIGHTS);
    store.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
