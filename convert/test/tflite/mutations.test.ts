import { readFileSync } from 'node:fs';
import { bytesSource } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { describeTflite } from '../../src/tflite/describe-tflite.js';
import { lowerTflite } from '../../src/tflite/lower-tflite.js';
import { readTflite } from '../../src/tflite/read-tflite.js';
import { seededInts } from '../checkpoints/build.js';
import { readInTime } from '../checkpoints/read-mutated.js';
import { TFLITE_MUTATIONS } from './mutation-kinds.js';

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
  const result = await readInTime(what, MAX_MILLISECONDS, async () => {
    const model = await readTflite(bytesSource(file, 'mutated.tflite'));
    describeTflite(model);
    lowerTflite(model);
    return true;
  });
  return result ?? false;
}

describe('a damaged TensorFlow Lite model', () => {
  test('cut anywhere, is refused or the same', async () => {
    const [original] = FILES;
    for (let length = 0; length < original!.length; length += 7) {
      expect(await isConverted(original!.subarray(0, length), `cut at ${length}`), `cut at ${length}`).toBe(false);
    }
  });

  test(`mutated in ${MUTATIONS} ways (seed ${SEED}), raises nothing but SignwaveErrors`, async () => {
    const random = seededInts(SEED);
    const kinds = Object.entries(TFLITE_MUTATIONS);
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
