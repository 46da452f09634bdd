import { describe, expect, test } from 'vitest';
import { putIn } from '../../../test/fuzz/mutations.js';
import { seededInts } from './build.js';
import { hwgqModel } from './build-caffemodel.js';
import { isRead } from './read-mutated.js';

/** How many random mutations; CI sets some thousands. */
const MUTATIONS = Number(process.env.SIGNWAVE_CHECKPOINT_MUTATIONS ?? 1_000);
const SEED = Number(process.env.SIGNWAVE_SEED ?? 1);

const blob = (...shape: number[]) => ({ shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5) });
const ORIGINAL = hwgqModel(
  new Map([
    ['conv1.weight', blob(2, 3, 3, 3)],
    ['conv1.bias', blob(2)],
    ['bn1.running_mean', blob(2)],
    ['bn1.running_var', blob(2)],
    ['qt1.centers', blob(3)],
    ['conv2.latent', blob(4, 2, 1, 1)],
    ['scale2.weight', blob(4)],
    ['scale2.bias', blob(4)],
    ['fc3.latent', blob(2, 4)],
  ]),
);
/** What a mutation may put in: tags of the fields that are read, and numbers that mean trouble. */
const FRAGMENTS = [
  [0x0a],
  [0x12],
  [0x3a],
  [0x2a],
  [0xa2, 0x06],
  [0xda, 0x08],
  [0xaa, 0x09],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80],
  [0],
].map((fragment) => Uint8Array.from(fragment));

const NAME = 'mutated.caffemodel';

describe('a damaged Caffe model', () => {
  test('cut inside a layer, is refused', async () => {
    const isWhole = new Set<number>();
    for (let length = 0; length < ORIGINAL.length; length++) {
      if (await isRead(ORIGINAL.subarray(0, length), NAME, `cut at ${length}`)) isWhole.add(length);
    }
    // Cut between two of its six layers it is a Caffe model of fewer.
    expect(isWhole.size).toBe(5);
  });

  test(`mutated in ${MUTATIONS} ways (seed ${SEED}), raises nothing but SignwaveErrors`, async () => {
    const random = seededInts(SEED);
    let refused = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const file = putIn(FRAGMENTS)(ORIGINAL, random);
      if (!(await isRead(file, NAME, `mutation ${i}, seed ${SEED}`))) refused++;
    }
    console.log(`${MUTATIONS} mutations, seed ${SEED}: ${refused} refused`);
    expect(refused).toBeGreaterThan(MUTATIONS / 2);
  });
});
