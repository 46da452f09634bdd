import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { BLUR, blur, depthwise } from '../../src/layers/depthwise.js';
import { LayerStore } from '../../src/layers/layer-store.js';
import { padSame, samePads } from '../../src/layers/same-pads.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor4D, TrainingBackend } from '../../src/types.js';

const wave = (length: number): number[] => Array.from({ length }, (_, i) => Math.sin(12.9898 * i));

describe.each(['wasm', 'cpu'] as const)('on %s', (name) => {
  let backend: TrainingBackend;
  /** tfjs's own depthwise convolution has a gradient there. */
  let plain: TrainingBackend['tf'];
  beforeAll(async () => {
    backend = await chooseBackend({ force: name });
    ({ tf: plain } = backend);
  });

  test('"same" pads lie as Keras puts them: with a stride, one more behind an even side', () => {
    const window = { kernel: 3, stride: 2 };
    expect([4, 5, 224, 55, 1].map((size) => samePads(size, window))).toEqual([
      [0, 1],
      [1, 1],
      [0, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(samePads(7, { kernel: 3, stride: 1 })).toEqual([1, 1]);
    expect(padSame(plain, plain.ones([1, 4, 5, 1]) as Tensor4D, window).shape).toEqual([1, 5, 7, 1]);
  });

  test.each([
    [2, 6, 6, 3],
    [1, 7, 5, 2],
    [1, 4, 7, 1],
    [2, 1, 2, 4],
  ] as const)('a depthwise convolution of (%i, %i, %i, %i) is TensorFlow’s', async (...shape) => {
    const { tf } = backend;
    const channels = shape[3];
    const store = new LayerStore(backend, seededRandom(3));
    const layer = depthwise(store, 'a', channels);
    const x = tf.tensor4d(wave(shape.reduce<number>((a, b) => a * b, 1)), [...shape]);
    const weight = store.parameters[0]!.variable;
    const filters = tf.transpose(weight as unknown as Tensor4D, [2, 3, 0, 1]) as Tensor4D;
    const expected = await tf.depthwiseConv2d(x, filters, 2, 'same').data();
    const found = layer(x, true);
    expect(found.shape).toEqual([shape[0], Math.ceil(shape[1] / 2), Math.ceil(shape[2] / 2), channels]);
    (await found.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
  });

  test('its gradients are those that differences give', async () => {
    const { tf } = backend;
    const store = new LayerStore(backend, seededRandom(3));
    const layer = depthwise(store, 'a', 2);
    const weight = store.parameters[0]!.variable;
    const x = tf.variable(tf.tensor4d(wave(2 * 5 * 4 * 2), [2, 5, 4, 2]));
    const probe = tf.tensor4d(wave(2 * 3 * 2 * 2), [2, 3, 2, 2]);
    const total = () => tf.sum(tf.mul(layer(x as unknown as Tensor4D, true), probe));
    const { grads } = tf.variableGrads(() => total() as ReturnType<typeof tf.scalar>, [x, weight]);
    // The map is linear in both, so differences are exact but for rounding.
    for (const variable of [x, weight]) {
      const at = await variable.data();
      const gradient = await grads[variable.name]!.data();
      for (const i of [0, 3, at.length - 1]) {
        const values = [-1, 1].map(async (step) => {
          const moved = Float32Array.from(at, (value, j) => (j === i ? value + step : value));
          variable.assign(tf.tensor(moved, variable.shape));
          return (await total().data())[0]!;
        });
        const [lower, upper] = [await values[0]!, await values[1]!];
        variable.assign(tf.tensor(Float32Array.from(at), variable.shape));
        expect(gradient[i], `${variable.name} ${i}`).toBeCloseTo((upper - lower) / 2, 4);
      }
    }
  });

  test('a blur keeps what doesn’t change, but for the pads of 0', async () => {
    const { tf } = backend;
    expect(BLUR.reduce((a, b) => a + b)).toBe(1);
    const found = await blur(tf, tf.ones([1, 5, 5, 1]) as Tensor4D).data();
    expect(Array.from(found)).toEqual([9, 12, 9, 12, 16, 12, 9, 12, 9].map((part) => part / 16));
  });
});
