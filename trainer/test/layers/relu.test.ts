import { describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { LayerStore } from '../../src/layers/layer-store.js';
import { prelu } from '../../src/layers/prelu.js';
import { relu } from '../../src/layers/relu.js';
import { seededRandom } from '../../src/random.js';
import { gradientOf, valuesAt } from '../quantizers/differentiate.js';

const INPUT = [-2, -0.5, -0, 0, 1e-8, 0.5, 3, -1e-8];
const SHAPE: [number, number, number, number] = [1, 1, 4, 2];
const PROBE = [1, -2, 3, -4, 5, -6, 7, -8];

describe.each(['wasm', 'cpu'] as const)('on %s', (name) => {
  test('ReLU keeps what is above 0, and passes its gradient', async () => {
    const { tf } = await chooseBackend({ force: name });
    expect((await valuesAt(tf, (x) => relu(tf, x), INPUT, SHAPE)).map((y) => y + 0)).toEqual(
      INPUT.map((x) => Math.fround(Math.max(x, 0)) + 0),
    );
    const found = await gradientOf(tf, (x) => relu(tf, x), INPUT, SHAPE, PROBE);
    expect(found.map((g) => g + 0)).toEqual(INPUT.map((x, i) => (x > 0 ? PROBE[i]! : 0)));
  });

  test.each([2, 1])('PReLU multiplies the rest by its slope, which learns (%i slopes)', async (slopes) => {
    const { tf } = await chooseBackend({ force: name });
    const store = new LayerStore({ tf }, seededRandom(1));
    const layer = prelu(store, 'act', slopes);
    const expected = INPUT.map((x) => (x > 0 ? x : 0.25 * x));
    (await valuesAt(tf, layer, INPUT, SHAPE)).forEach((y, i) => void expect(y).toBeCloseTo(expected[i]!, 7));
    const found = await gradientOf(tf, layer, INPUT, SHAPE, PROBE);
    expect(found).toEqual(INPUT.map((x, i) => (x > 0 ? PROBE[i]! : 0.25 * PROBE[i]!)));
    const slope = store.parameters[0]!.variable;
    const { grads } = tf.variableGrads(
      () => tf.sum(tf.mul(layer(tf.tensor4d(INPUT, SHAPE)), tf.tensor4d(PROBE, SHAPE))).asScalar(),
      [slope],
    );
    const ofChannel = (c: number): number =>
      INPUT.reduce((sum, x, i) => sum + (i % 2 === c && x < 0 ? x * PROBE[i]! : 0), 0);
    const wanted = slopes === 2 ? [ofChannel(0), ofChannel(1)] : [ofChannel(0) + ofChannel(1)];
    const ofSlope = await grads[slope.name]!.data();
    wanted.forEach((g, i) => void expect(ofSlope[i]).toBeCloseTo(g, 5));
    store.dispose();
  });
});
