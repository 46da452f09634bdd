import { describe, expect, test } from 'vitest';
import { MORE_LAYERS, outputShape, timedLayer, type UnitNetwork } from '../src/layer-networks.js';
import type { LayerShape } from '../src/shapes.js';

const SHAPE: LayerShape = {
  height: 6,
  width: 5,
  inChannels: 6,
  outChannels: 6,
  kernel: 3,
  stride: 1,
  pad: 1,
  groups: 1,
  activations: 'bits',
};
const SHAPES: readonly [string, LayerShape][] = [
  ['whose result has the shape of its operand', SHAPE],
  ['with a stride', { ...SHAPE, stride: 2 }],
  ['with more channels behind it', { ...SHAPE, outChannels: 10 }],
  ['in groups of an odd number of channels', { ...SHAPE, groups: 2 }],
  ['of floats', { ...SHAPE, stride: 2, activations: 'floats' }],
];

/** How many units there are of each shape. */
function census({ units }: UnitNetwork): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { shape } of units) {
    const key = JSON.stringify(shape);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

describe.each(SHAPES)('a layer %s', (_, shape) => {
  const { single, longer, shorter } = timedLayer(shape, 1);

  test('is alone in one network, and the other two differ by layers of its shape and by nothing else', () => {
    expect(single.units.map((unit) => unit.shape)).toEqual([shape]);
    const [more, less] = [census(longer), census(shorter)];
    const key = JSON.stringify(shape);
    expect(more.get(key)! - less.get(key)!).toBe(MORE_LAYERS);
    for (const [other, count] of more) if (other !== key) expect(less.get(other)).toBe(count);
    expect(more.size).toBe(less.size);
  });

  test('has in both of them an input and an output of the same shape', () => {
    expect(outputShape(longer)).toEqual(outputShape(shorter));
    expect(longer.input).toEqual(shorter.input);
    const { height, width, channels } = outputShape(longer);
    expect(longer.expected).toHaveLength(height * width * channels);
  });

  test('is read by something wherever it is computed', () => {
    for (const { units, outputs } of [longer, shorter])
      for (const i of units.keys()) expect(outputs.includes(i) || units.some(({ from }) => from === i)).toBe(true);
  });

  test('has as many weights of +1 as of -1 in each tap, on which the 8-bit twin relies', () => {
    const channels = shape.inChannels / shape.groups;
    const { weights } = single.units[0]!;
    for (let at = 0; at < weights.length; at += channels) {
      const sum = weights.subarray(at, at + channels).reduce((a, b) => a + b, 0);
      expect(Math.abs(sum)).toBe(channels % 2);
    }
  });

  test('is the same for the same seed, and another for another', () => {
    expect(timedLayer(shape, 1).longer.bytes).toEqual(longer.bytes);
    expect(timedLayer(shape, 2).longer.bytes).not.toEqual(longer.bytes);
  });
});

test('biases of bits are odd and scales 2, so that no sum lies at its threshold', () => {
  const { scale, bias } = timedLayer(SHAPE, 1).single.units[0]!;
  expect(scale).toBe(2);
  expect([...bias].every((b) => Math.abs(b % 2) === 1)).toBe(true);
});

test('signs of layers in a chain are neither all +1 nor all -1', () => {
  const { expected } = timedLayer(SHAPE, 1).longer;
  const share = expected.filter((x) => x > 0).length / expected.length;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.8);
});
