import { describe, expect, test } from 'vitest';
import { concat, putIn } from '../../../test/fuzz/mutations.js';
import { bytes, seededInts, u64 } from './build.js';
import { floatFile } from './build-safetensors.js';
import { isRead } from './read-mutated.js';

/** How many random mutations; CI sets some thousands. */
const MUTATIONS = Number(process.env.SIGNWAVE_CHECKPOINT_MUTATIONS ?? 1_000);
const SEED = Number(process.env.SIGNWAVE_SEED ?? 1);

const TENSORS = new Map(
  Array.from({ length: 20 }, (_, i) => {
    const values = Float32Array.from({ length: 24 + i }, (_, j) => i + j / 100);
    return [`layer${i}.weight`, { shape: i % 2 ? [24 + i] : [2, (24 + i) / 2], values }] as const;
  }),
);
const ORIGINAL = floatFile(TENSORS, { omega0: '20', stage: '2' });
const HEADER_BYTES = 8 + Number(new DataView(ORIGINAL.buffer).getBigUint64(0, true));

/** What a mutation may put into the JSON: its own syntax, and numbers that mean trouble. */
const FRAGMENTS = '{ } [ ] , : " \\ 0 -1 1e9 9007199254740993 NaN null true "F64" "shape" "data_offsets" \u00e9'
  .split(' ')
  .map((fragment) => bytes(fragment));

const NAME = 'mutated.safetensors';

describe('a damaged safetensors file', () => {
  test('cut anywhere, is refused', async () => {
    for (let length = 0; length < ORIGINAL.length; length++) {
      expect(await isRead(ORIGINAL.subarray(0, length), NAME, `cut at ${length}`), `cut at ${length}`).toBe(false);
    }
  });

  test(`with its header mutated in ${MUTATIONS} ways (seed ${SEED}), raises nothing but SignwaveErrors`, async () => {
    const random = seededInts(SEED);
    let refused = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const isLengthRight = random(2) === 1;
      // The length in front of the header is put right, or damaged like the header.
      const from = isLengthRight ? 8 : 0;
      const header = putIn(FRAGMENTS)(ORIGINAL.subarray(from, HEADER_BYTES), random);
      const file = concat(
        isLengthRight ? u64(header.length) : new Uint8Array(),
        header,
        ORIGINAL.subarray(HEADER_BYTES),
      );
      if (!(await isRead(file, NAME, `mutation ${i}, seed ${SEED}`))) refused++;
    }
    console.log(`${MUTATIONS} mutations, seed ${SEED}: ${refused} refused`);
    expect(refused).toBeGreaterThan(MUTATIONS / 2);
  });
});
