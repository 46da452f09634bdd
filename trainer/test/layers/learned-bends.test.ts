import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { LayerStore } from '../../src/layers/layer-store.js';
import { maxout } from '../../src/layers/maxout.js';
import { rprelu } from '../../src/layers/rprelu.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences, gradientOf, valuesAt } from '../quantizers/differentiate.js';

/** Four pixels of two channels, none of them at a bend. */
const INPUT = [-2, -0.6, -0.1, 0.4, 0.2, 0.7, 3, -0.3];
const SHAPE: [number, number, number, number] = [1, 2, 2, 2];
const PROBE = [1, -2, 3, -4, 5, -6, 7, -8];

/** What a layer computes for channel c, from its parameters for that channel. */
type Bend = (x: number, at: Readonly<Record<string, number>>) => number;

const LAYERS = [
  {
    name: 'RPReLU',
    declare: rprelu,
    first: { 'move1.bias': 0, 'prelu.weight': 0.25, 'move2.bias': 0 },
    learned: { 'move1.bias': [0.25, -0.5], 'prelu.weight': [0.1, -0.2], 'move2.bias': [-1, 0.3] },
    bend: ((x, at) => {
      const shifted = x + at['move1.bias']!;
      return (shifted > 0 ? shifted : at['prelu.weight']! * shifted) + at['move2.bias']!;
    }) as Bend,
  },
  {
    name: 'Maxout',
    declare: maxout,
    first: { neg_scale: 0.25, pos_scale: 1 },
    learned: { neg_scale: [0.1, -0.2], pos_scale: [1.5, -0.75] },
    bend: ((x, at) => (x > 0 ? at.pos_scale! : at.neg_scale!) * x) as Bend,
  },
] as const;

describe.each(['wasm', 'cpu'] as const)('on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  describe.each(LAYERS)('$name', ({ declare, first, learned, bend }) => {
    const parts = Object.keys(first) as (keyof typeof first)[];
    const start = () => {
      const store = new LayerStore({ tf }, seededRandom(1));
      const layer = declare(store, 'act', 2);
      const variables = parts.map((part) => store.parameters.find(({ name }) => name === `act.${part}`)!.variable);
      return { store, layer, variables };
    };
    const teach = () => {
      const made = start();
      parts.forEach((part, i) => {
        made.variables[i]!.assign(tf.tensor([...(learned[part] as readonly number[])], made.variables[i]!.shape));
      });
      return made;
    };
    const bent = (x: readonly number[], values: (part: string, c: number) => number): number[] =>
      x.map((value, i) => bend(value, Object.fromEntries(parts.map((part) => [part, values(part, i % 2)]))));
    const taught = (part: string, c: number): number => (learned as Record<string, readonly number[]>)[part]![c]!;

    test('starts as PyTorch’s PReLU', async () => {
      const { store, layer } = start();
      expect(store.parameters.map(({ name }) => name)).toEqual(parts.map((part) => `act.${part}`));
      const expected = INPUT.map((x) => (x > 0 ? x : 0.25 * x));
      (await valuesAt(tf, layer, INPUT, SHAPE)).forEach((y, i) => void expect(y).toBeCloseTo(expected[i]!, 6));
      store.dispose();
    });

    test('bends each channel as it has learned, with the gradient of that for input and parameters', async () => {
      const { store, layer, variables } = teach();
      const expected = bent(INPUT, taught);
      (await valuesAt(tf, layer, INPUT, SHAPE)).forEach((y, i) => void expect(y).toBeCloseTo(expected[i]!, 6));
      const ofInput = centralDifferences((x) => bent(x, taught), INPUT, PROBE);
      (await gradientOf(tf, layer, INPUT, SHAPE, PROBE)).forEach((g, i) => void expect(g).toBeCloseTo(ofInput[i]!, 5));
      const loss = () => tf.sum(tf.mul(layer(tf.tensor4d(INPUT, SHAPE) as Tensor4D), tf.tensor4d(PROBE, SHAPE)));
      const { grads } = tf.variableGrads(loss as never, variables);
      for (const [p, part] of parts.entries()) {
        const gradient = grads[variables[p]!.name]!;
        expect(gradient.shape).toEqual(variables[p]!.shape);
        const found = await gradient.data();
        for (const c of [0, 1]) {
          const at = (by: number) => bent(INPUT, (other, d) => taught(other, d) + (other === part && d === c ? by : 0));
          const [up, down] = [at(1e-5), at(-1e-5)];
          const wanted = up.reduce((sum, y, i) => sum + (PROBE[i]! * (y - down[i]!)) / 2e-5, 0);
          expect(found[c], `${part} of channel ${c}`).toBeCloseTo(wanted, 4);
        }
      }
      store.dispose();
    });
  });

  test('Maxout passes no gradient at exactly 0, as the two ReLUs that it is made of', async () => {
    const store = new LayerStore({ tf }, seededRandom(1));
    const layer = maxout(store, 'act', 2);
    const found = await gradientOf(tf, layer, [0, -0, 1, -1], [1, 1, 2, 2], [1, 1, 1, 1]);
    expect(found.map((g) => g + 0)).toEqual([0, 0, 1, 0.25]);
    store.dispose();
  });
});
