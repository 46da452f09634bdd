import { f32Tensor, GraphBuilder, type InputNode } from '@signwave/format';
import { expect, test } from 'vitest';
import { noiseImages, randomFloats, randomInput, randomInputs } from '../src/index.js';

const SIDES = { height: 2, width: 3, channels: 3 } as const;
const SIZE = 18;
const RECIPE = { channelOrder: 'rgb', divisor: 255, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] } as const;
const WITH_RECIPE: InputNode = { op: 'input', inputs: [], ...SIDES, recipe: RECIPE };
const WITHOUT: InputNode = { op: 'input', inputs: [], ...SIDES };

/** The generator in exact integers. */
function words(seed: number, count: number): number[] {
  let state = BigInt(seed);
  return Array.from({ length: count }, () => {
    state = (state * 1664525n + 1013904223n) % 2n ** 32n;
    return Number(state);
  });
}

const bytes = (seed: number, count = SIZE): number[] => words(seed, count).map((word) => Math.floor(word / 2 ** 24));
const floats = (seed: number): Float32Array => Float32Array.from(words(seed, SIZE), (word) => word / 2 ** 30 - 2);

function graphOf(recipe: InputNode['recipe'], dtype: 'f32' | 'i8') {
  const g = new GraphBuilder();
  const x = g.input(SIDES, recipe);
  const weights = { dtype, shape: [1, 1, 1, 3], data: new Uint8Array(3) } as const;
  g.conv(x, dtype === 'f32' ? f32Tensor([1, 1, 1, 3], new Float32Array(3)) : weights);
  return g.build();
}

test('an input is bytes where a recipe makes them the input, else floats from -2 to 2', () => {
  expect([...(randomInput(WITH_RECIPE, 7) as Uint8Array)]).toEqual(bytes(7));
  expect(randomInput(WITHOUT, 7)).toEqual(floats(7));
});

test('a preprocessed input is floats, or whole numbers for an integer convolution', () => {
  expect(randomFloats(graphOf(RECIPE, 'f32'), 3)).toEqual(floats(3));
  const whole = { ...RECIPE, divisor: 1, mean: [128, 128, 128], std: [1, 1, 1] };
  expect([...randomFloats(graphOf(whole, 'i8'), 3)]).toEqual(bytes(3).map((byte) => byte - 128));
});

test('several inputs go on where the one before ended', () => {
  const next = randomInputs(WITH_RECIPE);
  expect([...next(), ...next()]).toEqual(bytes(1, 2 * SIZE));
  const nextFloats = randomInputs(WITHOUT);
  nextFloats();
  expect([...nextFloats()]).toEqual(
    bytes(1, 2 * SIZE)
      .slice(SIZE)
      .map((byte) => byte / 64 - 2),
  );
});

test('noise is 20 images of the model’s size, or fewer', async () => {
  expect(noiseImages(WITH_RECIPE, 100).count).toBe(20);
  const noise = noiseImages(WITH_RECIPE, 3);
  expect(noise.count).toBe(3);
  const { image } = (await noise.read(0))!;
  expect(image).toMatchObject(SIDES);
  expect([...image.data]).toEqual(bytes(1));
});
