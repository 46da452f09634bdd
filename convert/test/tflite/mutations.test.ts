import { readFileSync } from 'node:fs';
import { bytesSource } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { describeTflite } from '../../src/tflite/describe-tflite.js';
import { lowerTflite } from '../../src/tflite/lower-tflite.js';
import { readTflite } from '../../src/tflite/read-tflite.js';
import { seededInts } from '../checkpoints/build.js';
import { copiedRange, cutEnd, flippedBit, type Mutation, randomBytes } from '../checkpoints/mutation-kinds.js';
import { readUnlessRefused } from '../checkpoints/read-mutated.js';

/** How many random mutations; CI sets some thousands. */
const MUTATIONS = Number(process.env.SIGNWAVE_CHECKPOINT_MUTATIONS ?? 1_000);
const SEED = Number(process.env.SIGNWAVE_SEED ?? 1);
/** No damaged file may take longer than this; an intact one takes some milliseconds. */
const MAX_MILLISECONDS = 2_000;

const FILES = ['signs_first', 'ties'].map((network) => {
  const path = new URL(`../../../test/cases/checkpoints/larq/small/${network}/model.tflite`, import.meta.url);
  return new Uint8Array(readFileSync(path));
});

/** Whether the file was read and lowered; otherwise it has to be refused by a SignwaveError. Describing it never fails for its operators. */
async function isConverted(file: Uint8Array, what: string): Promise<boolean> {
  const result = await readUnlessRefused(what, MAX_MILLISECONDS, async () => {
    const model = await readTflite(bytesSource(file, 'mutated.tflite'));
    describeTflite(model);
    lowerTflite(model);
    return true;
  });
  return result ?? false;
}

const MUTATION_KINDS: Readonly<Record<string, Mutation>> = {
  'a flipped bit': flippedBit,
  'some random bytes': randomBytes(16),
  'an extreme 32-bit value': (file, random) => {
    const value = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, file.length][random(7)]!;
    new DataView(file.buffer).setUint32(4 * random(file.length / 4), value, true);
    return file;
  },
  'an extreme 16-bit value': (file, random) => {
    new DataView(file.buffer).setUint16(2 * random(file.length / 2), [0, 4, 0x7fff, 0xffff][random(4)]!, true);
    return file;
  },
  'an offset to somewhere else': (file, random) => {
    new DataView(file.buffer).setUint32(4 * random(file.length / 4), random(file.length), true);
    return file;
  },
  'a range copied elsewhere': copiedRange(256),
  'a cut end': cutEnd,
};

describe('a damaged TensorFlow Lite model', () => {
  test('cut anywhere, is refused or the same', async () => {
    const [original] = FILES;
    for (let length = 0; length < original!.length; length += 7) {
      expect(await isConverted(original!.subarray(0, length), `cut at ${length}`), `cut at ${length}`).toBe(false);
    }
  });

  test(`mutated in ${MUTATIONS} ways (seed ${SEED}), raises nothing but SignwaveErrors`, async () => {
    const random = seededInts(SEED);
    const kinds = Object.entries(MUTATION_KINDS);
    let refused = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const [name, mutate] = kinds[i % kinds.length]!;
      const file = mutate(FILES[random(FILES.length)]!.slice(), random);
      if (!(await isConverted(file, `mutation ${i} (${name}), seed ${SEED}`))) refused++;
    }
    console.log(`${MUTATIONS} mutations, seed ${SEED}: ${refused} refused`);
    expect(refused).toBeGreaterThan(MUTATIONS / 10);
  });
});
