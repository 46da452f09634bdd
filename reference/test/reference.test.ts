import { GraphBuilder, type GraphNode, type InputRecipe } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../test/seeded-random.js';
import { inputMap, Reference } from '../src/index.js';
import { bits, randomFloats, randomSigns, tensor, vector } from './graphs.js';

const f = Math.fround;
const RECIPE: InputRecipe = {
  channelOrder: 'rgb',
  divisor: 255,
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
};
const SHAPE = { height: 1, width: 2, channels: 3 };

function inputNode(recipe?: InputRecipe): Extract<GraphNode, { op: 'input' }> {
  return { op: 'input', inputs: [], ...SHAPE, ...(recipe && { recipe }) };
}

describe('inputMap', () => {
  test('turns bytes into floats by the recipe, each operation and each number of the recipe rounded', () => {
    const { data } = inputMap(inputNode(RECIPE), Uint8Array.of(0, 127, 255, 1, 2, 3));
    const expected = [0, 127, 255, 1, 2, 3].map((byte, i) => {
      const mean = f(RECIPE.mean[i % 3]!);
      const std = f(RECIPE.std[i % 3]!);
      return f(f(f(byte / 255) - mean) / std);
    });
    expect(Array.from(data)).toEqual(expected);
  });

  test('takes floats as they are, recipe or none, into memory of its own', () => {
    const floats = vector(1, -0, 3, 4, 5, 6);
    const map = inputMap(inputNode(RECIPE), floats);
    floats[0] = 9;
    expect(Array.from(map.data)).toEqual([1, -0, 3, 4, 5, 6]);
    expect(map).toMatchObject(SHAPE);
  });

  test.each([
    ['a wrong length', new Float32Array(5), /5 values, expected 6 values.*\(1, 2, 3\)/],
    ['a wrong type', new Float64Array(6) as unknown as Float32Array, /of type Float64Array, expected 6 values/],
    ['nothing', undefined as unknown as Float32Array, /of type undefined, expected 6 values/],
    ['bytes without a recipe', new Uint8Array(6), /no recipe/],
  ])('refuses %s', (_, input, message) => {
    expect(() => inputMap(inputNode(), input)).toThrow(expect.objectContaining({ code: 'E_INPUT_SHAPE' }));
    expect(() => inputMap(inputNode(), input)).toThrow(message);
  });
});

describe('Reference', () => {
  test('records the map of every node; run gives the last one', () => {
    const g = new GraphBuilder();
    const x = g.input(SHAPE, RECIPE);
    const y = g.sign(g.affine(x, vector(1, 1, 1), vector(0, 0, 1)));
    g.add(y, x);
    const reference = new Reference(g.build());
    const input = vector(-1, 2, -3, 4, -5, 6);
    const { maps } = reference.record(input);
    expect(maps.map((map) => Array.from(map.data))).toEqual([
      [-1, 2, -3, 4, -5, 6],
      [-1, 2, -2, 4, -5, 7],
      [-1, 1, -1, 1, -1, 1],
      [-2, 3, -4, 5, -6, 7],
    ]);
    expect(reference.run(input)).toEqual(maps.at(-1)!.data);
    expect(reference.shapes).toEqual([SHAPE, SHAPE, SHAPE, SHAPE]);
  });

  test('refuses a graph without meaning', () => {
    const nodes: GraphNode[] = [inputNode(), { op: 'add', inputs: [0] }];
    expect(() => new Reference({ nodes, tensors: [] })).toThrow(expect.objectContaining({ code: 'E_GRAPH' }));
  });

  test.each([1, 31, 32, 33, 127])(
    'gives a binary convolution of %i channels the same sums as a float one',
    (channels) => {
      const next = seededRandom(channels);
      const filters = 5;
      const values = randomSigns(filters * 9 * channels, next);
      const shape = { height: 4, width: 5, channels };
      const input = randomFloats(20 * channels, next);
      const sums = [bits([filters, 3, 3, channels], values), tensor([filters, 3, 3, channels], values)].map(
        (weights) => {
          const g = new GraphBuilder();
          g.conv(g.sign(g.input(shape)), weights, { pad: 1 });
          return new Reference(g.build()).run(input);
        },
      );
      expect(sums[0]).toEqual(sums[1]);
    },
  );

  test('leaves the third value of a sign out of a sum of bits', () => {
    const g = new GraphBuilder();
    const x = g.input({ height: 1, width: 1, channels: 3 });
    g.linear(g.sign(x, { zeroRule: 'zero' }), bits([1, 1, 1, 3], [1, -1, -1]));
    expect(Array.from(new Reference(g.build()).run(vector(2, 0, -0.5)))).toEqual([2]);
  });
});
