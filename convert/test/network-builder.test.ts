import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { type Architecture, buildGraph, expectedTensors } from '../src/models/architecture.js';
import { LoadedState } from '../src/models/state.js';

/** Values that look random, of both signs, none of them 0. */
const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 + seed) || 1);

function reference(build: Architecture['build'], tensors: Readonly<Record<string, Float32Array>>): Reference {
  const net = { name: 'net', method: 'own', needsOmega0: false, preprocess: 'none', classifier: 'fc', build };
  return new Reference(
    buildGraph(net, new LoadedState(new Map(Object.entries(tensors)), 'test'), { omega0: 0, classes: 2 }),
  );
}

describe('weights of exactly 0', () => {
  const [channels, outChannels, taps] = [8, 6, 9];
  const weights = noise(outChannels * channels * taps, 1);
  const zeros = [7, 200, 431 - taps];
  for (const i of zeros) weights[i] = 0;
  const image = noise(4 * 4 * channels, 2);

  test('add nothing to a convolution of signs, as in PyTorch', () => {
    const { run, expected } = convolution(weights);
    expect(run()).toEqual(expected());
  });

  test('are refused where they are more than rounding makes', () => {
    const many = weights.map((w, i) => (i % 50 === 0 ? 0 : w));
    expect(() => convolution(many).run()).toThrow(/tensor "conv\.weight" holds \d+ weights whose sign is 0/);
  });

  function convolution(values: Float32Array) {
    const run = (): Float32Array =>
      reference(
        (g) => g.binaryConv(g.image(4, 4, channels), 'conv', { outChannels, weights: 'bireal', hasBias: true }),
        { 'conv.weight': values, 'conv.bias': noise(outChannels, 3) },
      ).run(image);
    const expected = (): Float32Array => {
      const filter = channels * taps;
      const bias = noise(outChannels, 3);
      const y = new Float32Array(4 * 4 * outChannels);
      for (let o = 0; o < outChannels; o++) {
        const magnitudes = values.subarray(o * filter, (o + 1) * filter).reduce((sum, w) => sum + Math.abs(w), 0);
        for (let at = 0; at < 16; at++) {
          let sum = 0;
          for (let i = 0; i < filter; i++) {
            const [row, column] = [Math.floor(at / 4) + Math.floor((i % taps) / 3) - 1, (at % 4) + (i % 3) - 1];
            if (row < 0 || row > 3 || column < 0 || column > 3) continue;
            const a = image[(row * 4 + column) * channels + Math.floor(i / taps)]!;
            sum += Math.sign(a) * Math.sign(values[o * filter + i]!);
          }
          const scaled = Math.fround(sum * Math.fround(magnitudes / filter));
          y[at * outChannels + o] = Math.fround(scaled + bias[o]!);
        }
      }
      return y;
    };
    return { run, expected };
  }
});

test('a batch norm of a flattened map has numbers for every pixel, in PyTorch’s order', () => {
  const [height, width, channels] = [2, 3, 2];
  const length = height * width * channels;
  const counted = (factor: number): Float32Array => Float32Array.from({ length }, (_, i) => (i + 1) * factor);
  const map = noise(length, 4);
  const norm = {
    'bn.weight': counted(0.5),
    'bn.bias': counted(2),
    'bn.running_mean': new Float32Array(length),
    'bn.running_var': new Float32Array(length).fill(1),
  };
  const picked = length - 2;
  const onlyOne = Float32Array.from({ length: 2 * length }, (_, i) => Number(i === picked));
  const [first] = reference(
    (g) => {
      const x = g.batchNorm(g.image(height, width, channels), 'bn', { epsilon: 0, isFlat: true });
      g.floatLinear(x, 'fc', 2);
    },
    { ...norm, 'fc.weight': onlyOne, 'fc.bias': new Float32Array(2) },
  ).run(map);
  // Element 10 of (C, H, W) = (2, 2, 3) is channel 1 of row 1, column 1; ours is (H, W, C).
  const x = map[(1 * width + 1) * channels + 1]!;
  expect(first).toBe(Math.fround(Math.fround(x * 5.5) + 22));
});

describe('a learned term and factor of an own network', () => {
  test.each([[[3]], [[3, 1, 1]], [[1, 3, 1, 1]]])('may be stored as %j', (shape) => {
    const names: string[] = [];
    const net: Architecture = {
      name: 'net',
      method: 'own',
      needsOmega0: false,
      preprocess: 'none',
      classifier: 'fc',
      build: (g) => g.learnedScale(g.learnedBias(g.image(1, 1, 3), 'b'), 's'),
    };
    for (const [name, { shapes }] of expectedTensors(net, 2)) {
      expect(shapes).toContainEqual(shape);
      names.push(name);
    }
    expect(names).toEqual(['b', 's']);
    const values = { b: Float32Array.of(1, 2, 3), s: Float32Array.of(2, 2, 2) };
    expect([...reference(net.build, values).run(Float32Array.of(1, 1, 1))]).toEqual([4, 6, 8]);
  });
});
