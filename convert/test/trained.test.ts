import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import type { Checkpoint } from '../src/checkpoints/index.js';
import { type QuantizerOptions, trainedConv } from '../src/models/methods/trained.js';
import { NetworkBuilder } from '../src/models/network-builder.js';
import { LoadedState } from '../src/models/state.js';
import { type TrainedFacts, trainedFacts } from '../src/models/trained/metadata.js';
import { trainedArchitecture } from '../src/models/trained/networks.js';
import { firstStyle } from '../src/models/trained/style.js';

const SIDE = 3;
const NO_OPTIONS = { weightOptions: {}, activationOptions: {} };
const CHANNELS = 2;
const FILTERS = 2;

interface More {
  readonly activationBits?: number;
  readonly activationOptions?: QuantizerOptions;
  readonly weightOptions?: QuantizerOptions;
  /** Numbers of the layer beside its weights. */
  readonly learned?: Readonly<Record<string, number>>;
}

/** A binary 3 x 3 layer on floats (3, 3, 2), in the reference. */
function layer(
  weights: string,
  activations: string,
  latent: Float32Array,
  input: Float32Array,
  { activationBits = activations === 'dorefa' ? 2 : 1, learned = {}, ...options }: More = {},
): Float32Array {
  const tensors = new Map([
    ['conv.weight', latent],
    ['conv.alpha', new Float32Array(FILTERS).fill(1)],
    ...Object.entries(learned).map(([part, value]) => [`conv.${part}`, Float32Array.of(value)] as const),
  ]);
  const g = new NetworkBuilder(new LoadedState(tensors, 'test'), { omega0: 20, classes: 1 });
  const x = g.input({ height: SIDE, width: SIDE, channels: CHANNELS });
  const quantizers = { weights, activations, activationBits, ...options, hasAlpha: true };
  trainedConv(quantizers, false)(g, x, 'conv', { outChannels: FILTERS });
  return new Reference(g.build()).run(input);
}

/** sum over taps inside the map of quantize(x) * w. @param filters (O, I, 3, 3). */
function plainConv(input: Float32Array, filters: Float32Array): number[] {
  const at = (y: number, x: number, c: number): number =>
    y < 0 || x < 0 || y >= SIDE || x >= SIDE ? 0 : input[(y * SIDE + x) * CHANNELS + c]!;
  const out: number[] = [];
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      for (let o = 0; o < FILTERS; o++) {
        let sum = 0;
        for (let i = 0; i < CHANNELS; i++) {
          for (let tap = 0; tap < 9; tap++) {
            sum += at(y + Math.floor(tap / 3) - 1, x + (tap % 3) - 1, i) * filters[(o * CHANNELS + i) * 9 + tap]!;
          }
        }
        out.push(sum);
      }
    }
  }
  return out;
}

const latent = Float32Array.from({ length: FILTERS * CHANNELS * 9 }, (_, i) => Math.sin(i * 7 + 1) / 4);
const neighbour = (x: number, step: 1 | -1): number => {
  const float = Float32Array.of(x);
  new Int32Array(float.buffer)[0]! += step;
  return float[0]!;
};

describe('DoReFa’s activations of 2 bits', () => {
  test('have their four levels at every pixel, thresholds hit exactly and borders included', () => {
    // 3a is rounded to float32, then halves to even: 1/6 and 5/6 are not floats, 1/2 is and goes up to 2/3.
    const edges = [1 / 6, 1 / 2, 5 / 6].map(Math.fround).flatMap((t) => [neighbour(t, -1), t, neighbour(t, 1)]);
    const input = Float32Array.from([...edges, -1, 0, -0, 1, 2, 0.3, 0.4, 0.6, 0.9]);
    const levels = input.map((a) => {
      const scaled = Math.fround(3 * Math.min(1, Math.max(0, a)));
      const rounded = scaled === 0.5 ? 0 : scaled === 2.5 ? 2 : Math.round(scaled);
      return rounded / 3;
    });
    expect([...new Set(levels)].sort()).toHaveLength(4);
    const found = layer('bnn', 'dorefa', latent, input);
    plainConv(levels, latent.map(Math.sign)).forEach((sum, i) => {
      expect(found[i], `sum ${i}`).toBeCloseTo(sum, 5);
    });
  });
});

test.each([0, 0.5])('DoReFa’s activations of 1 bit are 0 at exactly the threshold %d, at borders too', (threshold) => {
  const input = new Float32Array(SIDE * SIDE * CHANNELS).fill(threshold);
  // In the middle and in a corner, one activation is just above it.
  for (const above of [8, 0]) input[above] = threshold === 0 ? 1e-45 : neighbour(threshold, 1);
  const options = { activationBits: 1, activationOptions: { threshold } };
  const found = layer('bnn', 'dorefa', latent, input, options);
  const expected = plainConv(
    input.map((a) => (a > threshold ? 1 : 0)),
    latent.map(Math.sign),
  );
  expect(expected.some((sum) => sum !== 0)).toBe(true);
  expect([...found]).toEqual(expected);
});

describe('piecewise DSQ', () => {
  const PIECEWISE = { variant: 'piecewise' };
  const input = Float32Array.from({ length: SIDE * SIDE * CHANNELS }, (_, i) => Math.cos(i));
  const A = { lA: -0.375, uA: 1.125 };
  const W = { lW: -0.0625, uW: 0.1875 };
  // The middles, 0.375 and 0.0625, belong to the upper levels.
  input[4] = 0.375;
  const withMiddle = latent.map((w, i) => (i === 7 ? 0.0625 : w));
  const activations = input.map((a) => (a >= 0.375 ? A.uA : A.lA));
  const filters = withMiddle.map((w) => (w >= 0.0625 ? W.uW : W.lW));
  const expectClose = (found: Float32Array, expected: readonly number[]): void =>
    expected.forEach((sum, i) => {
      expect(found[i], `sum ${i}`).toBeCloseTo(sum, 5);
    });

  test('has the levels of its weights and inputs, middles hit exactly and borders included', () => {
    const more = { weightOptions: PIECEWISE, activationOptions: PIECEWISE, learned: { ...A, ...W } };
    expectClose(layer('dsq', 'dsq', withMiddle, input, more), plainConv(activations, filters));
  });

  test('has its weights’ levels on signs, on floats and on activations of several bits', () => {
    const more = { weightOptions: PIECEWISE, learned: W };
    expectClose(layer('dsq', 'ir-net', withMiddle, input, more), plainConv(input.map(Math.sign), filters));
    expectClose(layer('dsq', 'identity', withMiddle, input, more), plainConv(input, filters));
    const quarters = input.map((a) => Math.round(3 * Math.min(1, Math.max(0, a))) / 3);
    expectClose(layer('dsq', 'dorefa', withMiddle, input, more), plainConv(quarters, filters));
  });

  test('has its inputs’ levels with another method’s signs', () => {
    const more = { activationOptions: PIECEWISE, learned: A };
    expectClose(layer('bnn', 'dsq', latent, input, more), plainConv(activations, latent.map(Math.sign)));
  });
});

describe('a latent weight of 0', () => {
  const withZero = latent.map((w, i) => (i === 5 ? 0 : w));
  const input = Float32Array.from({ length: SIDE * SIDE * CHANNELS }, (_, i) => Math.cos(i));

  test.each(['bnn', 'dsq'])('is +1 for %s, as in training', (weights) => {
    const filters = withZero.map((w) => (w < 0 ? -1 : 1));
    const found = layer(weights, 'biper', withZero, input);
    expect([...found]).toEqual(plainConv(input.map(Math.sign), filters));
  });

  test('is refused where it is 0 in training: one bit can’t say it', () => {
    expect(() => layer('reste', 'per-sample', withZero, input)).toThrow(
      /conv\.weight" holds 1 weights whose sign is 0/,
    );
  });
});

describe('what a checkpoint of the trainer says', () => {
  const CONFIG = {
    data: { format: 'folder', side: 32, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    quantizers: { weights: 'bnn', activations: 'dorefa' },
  };
  const factsOf = (more: Record<string, string>, config: object = CONFIG): TrainedFacts => {
    const metadata = { format: 'signwave-training', architecture: 'demo_1w1a', weights: 'bnn', ...more };
    const text = { config: JSON.stringify(config), ...metadata };
    return trainedFacts({ metadata: new Map(Object.entries(text)), sourceName: 'a' } as unknown as Checkpoint)!;
  };

  test('is read from the config of its first version, folders of images with their resize', () => {
    const facts = factsOf({});
    expect(facts).toEqual({
      architecture: 'demo_1w1a',
      quantizers: { weights: 'bnn', activations: 'dorefa', activationBits: 2, hasAlpha: true, ...NO_OPTIONS },
      style: firstStyle('demo_1w1a'),
      input: {
        height: 32,
        width: 32,
        channels: 3,
        recipe: {
          resize: { mode: 'shorterSide', sizePixels: 37, interpolation: 'bilinear' },
          channelOrder: 'rgb',
          divisor: 255,
          mean: [0.5, 0.5, 0.5],
          std: [0.25, 0.25, 0.25],
        },
      },
    });
    expect(trainedArchitecture(facts, 'a')).toMatchObject({ name: 'demo_1w1a+dorefa', method: 'bnn' });
  });

  test.each([
    ['mnist', { format: 'mnist', side: 224, mean: [0.1307], std: [0.3081] }, [28, 28, 1]],
    ['cifar100', { format: 'cifar100', side: 224, mean: [0, 0, 0], std: [1, 1, 1] }, [32, 32, 3]],
  ])('has the size of %s', (_, data, [height, width, channels]) => {
    expect(factsOf({}, { ...CONFIG, data }).input).toMatchObject({
      height,
      width,
      channels,
      recipe: { mean: data.mean },
    });
  });

  test('leaves out quantizers that the network has no use for', () => {
    const quantizers = (architecture: string) => factsOf({ architecture, weights: 'biper' }).quantizers;
    expect(quantizers('resnet20_1w32a')).toEqual({
      weights: 'biper',
      activations: 'identity',
      activationBits: 32,
      hasAlpha: true,
      ...NO_OPTIONS,
    });
    expect(quantizers('resnet20_float')).toEqual({
      weights: 'float',
      activations: 'identity',
      activationBits: 32,
      hasAlpha: true,
      ...NO_OPTIONS,
    });
  });

  test('is how its network joins its layers, or that it doesn’t say', () => {
    const style = { ...firstStyle('demo_1w1a'), order: 'conv-act-norm', normScale: 1 };
    const metadata = { weights: 'reste', activations: 'reste', scale: 'none', style: JSON.stringify(style) };
    expect(factsOf(metadata)).toMatchObject({ style, quantizers: { hasAlpha: false } });
  });

  test.each([
    ['an order that is none', { order: 'norm' }, /"style" has order "norm", expected one of conv-norm-act, /],
    ['a flag that is none', { hasBias: 1 }, /"style" has hasBias 1, expected true or false/],
    ['no shortcut', { shortcut: undefined }, /"style" has shortcut none/],
  ])('with %s is refused', (_, wrong, message) => {
    const style = JSON.stringify({ ...firstStyle('demo_1w1a'), ...wrong });
    expect(() => factsOf({ style })).toThrow(message);
  });

  test.each([
    ['data of a format that it doesn’t know', { ...CONFIG, data: { ...CONFIG.data, format: 'svhn' } }, /"svhn"/],
    ['a config without data', { quantizers: CONFIG.quantizers }, /no data and quantizers/],
    ['a mean that is none', { ...CONFIG, data: { ...CONFIG.data, mean: 'x' } }, /"config\.data" has mean "x"/],
  ])('%s is refused', (_, config, message) => {
    expect(() => factsOf({}, config)).toThrow(message);
  });

  test('is nothing in anybody else’s', () => {
    expect(
      trainedFacts({ metadata: new Map([['omega0', '20']]), sourceName: 'a' } as unknown as Checkpoint),
    ).toBeUndefined();
  });
});
