import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { batchNorm, batchNormVector, composedBatchNorm } from '../../src/layers/batch-norm.js';
import { LayerStore } from '../../src/layers/layer-store.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor, Tensor1D, Tensor4D, Tf } from '../../src/types.js';

const SHAPE: [number, number, number, number] = [3, 2, 2, 2];
const ROWS = 12;
const X = Array.from({ length: ROWS * 2 }, (_, i) => 1.5 + 2 * Math.sin(12.9898 * i));
const channel = (c: number): number[] => X.filter((_, i) => i % 2 === c);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const squares = (values: readonly number[]): number => values.reduce((sum, x) => sum + (x - mean(values)) ** 2, 0);

describe.each(['wasm', 'cpu'] as const)('batch norm on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  test('in closed form has the gradients that tfjs derives from moments and batchNorm', async () => {
    const inputs = [tf.tensor4d(X, SHAPE), tf.tensor1d([0.7, -1.2]), tf.tensor1d([0.1, 0.4])];
    const probe = tf.tensor4d(
      X.map((_, i) => Math.cos(1 + i)),
      SHAPE,
    );
    const closed = (x: Tensor, scale: Tensor, offset: Tensor): Tensor => {
      const { y } = composedBatchNorm(tf)(x as Tensor4D, scale as Tensor1D, offset as Tensor1D, 1e-5);
      return tf.sum(tf.mul(y, probe));
    };
    const derived = (x: Tensor, scale: Tensor, offset: Tensor): Tensor => {
      const moments = tf.moments(x, [0, 1, 2]);
      const statistics = [moments.mean, moments.variance] as [Tensor1D, Tensor1D];
      const y = tf.batchNorm(x as Tensor4D, ...statistics, offset as Tensor1D, scale as Tensor1D, 1e-5);
      return tf.sum(tf.mul(y, probe));
    };
    const found = tf.grads(closed)(inputs);
    const expected = tf.grads(derived)(inputs);
    for (const [i, gradient] of found.entries()) {
      const [ours, theirs] = [await gradient.data(), await expected[i]!.data()];
      ours.forEach((value, j) => {
        expect(value, `input ${i}, element ${j}`).toBeCloseTo(theirs[j]!, 4);
      });
    }
    tf.dispose([...inputs, probe, ...found, ...expected]);
  });

  test.each([undefined, 0.1, 0.2, 1])(
    'keeps running statistics as PyTorch does: momentum %s, unbiased variance, a count of batches',
    async (given) => {
      const norms = given === undefined ? undefined : { epsilon: 1e-5, momentum: given };
      const momentum = given ?? 0.1;
      const store = new LayerStore({ tf }, seededRandom(1), norms);
      const layer = batchNorm(store, 'bn', 2);
      for (let i = 0; i < 2; i++) tf.tidy(() => layer(tf.tensor4d(X, SHAPE), true));
      const value = async (name: string): Promise<number[]> =>
        Array.from(
          await store.buffers
            .find((buffer) => buffer.name === `bn.${name}`)!
            .get()
            .data(),
        );
      const left = (1 - momentum) ** 2;
      const after2 = (start: number, batch: number): number => left * start + (1 - left) * batch;
      for (const c of [0, 1]) {
        expect((await value('running_mean'))[c]).toBeCloseTo(after2(0, mean(channel(c))), 5);
        expect((await value('running_var'))[c]).toBeCloseTo(after2(1, squares(channel(c)) / (ROWS - 1)), 5);
      }
      expect(await value('num_batches_tracked')).toEqual([2]);
      store.dispose();
    },
  );

  test('normalises by the batch in training and by the running statistics otherwise', async () => {
    const store = new LayerStore({ tf }, seededRandom(1));
    const layer = batchNorm(store, 'bn', 2);
    const run = async (training: boolean): Promise<number[]> => {
      const y = tf.tidy(() => layer(tf.tensor4d(X, SHAPE), training));
      const values = Array.from(await y.data());
      y.dispose();
      return values;
    };
    (await run(false)).forEach((value, i) => {
      expect(value).toBeCloseTo(X[i]! / Math.sqrt(1 + 1e-5), 5);
    });
    (await run(true)).forEach((value, i) => {
      const own = channel(i % 2);
      expect(value).toBeCloseTo((X[i]! - mean(own)) / Math.sqrt(squares(own) / ROWS + 1e-5), 5);
    });
    store.dispose();
  });

  test('of vectors normalises each feature over the batch', async () => {
    const store = new LayerStore({ tf }, seededRandom(1));
    const layer = batchNormVector(store, 'bn', 2);
    const y = tf.tidy(() => layer(tf.tensor2d(X, [ROWS, 2]), true));
    expect(y.shape).toEqual([ROWS, 2]);
    const own = channel(1);
    expect((await y.data())[1]).toBeCloseTo((X[1]! - mean(own)) / Math.sqrt(squares(own) / ROWS + 1e-5), 5);
    y.dispose();
    store.dispose();
  });

  test('takes the fused form of a back end that has one', () => {
    let calls = 0;
    const fusedBatchNorm: NonNullable<LayerStore['fusedBatchNorm']> = (...args) => {
      calls++;
      return composedBatchNorm(tf)(...args);
    };
    const store = new LayerStore({ tf, fusedBatchNorm }, seededRandom(1));
    const layer = batchNorm(store, 'bn', 2);
    tf.tidy(() => {
      layer(tf.tensor4d(X, SHAPE), true);
    });
    expect(calls).toBe(1);
    store.dispose();
  });
});
