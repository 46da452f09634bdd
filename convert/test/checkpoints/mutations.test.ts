import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bytesSource, crc32 } from '@signwave/format';
import { expect, test } from 'vitest';
import { copiedRange, cutEnd, flippedBit, type Mutation, randomBytes } from '../../../test/fuzz/mutations.js';
import { describeWithShared, sharedPath } from '../../../test/shared.js';
import { openCheckpoint } from '../../src/checkpoints/index.js';
import { seededInts } from './build.js';
import { readInTime } from './read-mutated.js';

/** How many random mutations; CI sets some thousands. */
const MUTATIONS = Number(process.env.SIGNWAVE_CHECKPOINT_MUTATIONS ?? 100);
const SEED = Number(process.env.SIGNWAVE_SEED ?? 1);
/** No damaged file may take longer than this; an intact one takes some 10 ms. */
const MAX_MILLISECONDS = 5_000;

/** Open, read every tensor of the state dict, and digest names, shapes and values. */
async function digest(file: Uint8Array): Promise<string> {
  const { tensors } = await openCheckpoint(bytesSource(file, 'mutated.pth'));
  const sha = createHash('sha1');
  for (const { name, shape, readF32 } of tensors.values()) {
    const values = await readF32();
    sha.update(`${name}\0${shape}\0`).update(new Uint8Array(values.buffer));
  }
  return sha.digest('hex');
}

/** `undefined` if the file was refused as it should be, the digest of its tensors if it was read. */
const outcome = (file: Uint8Array, what: string) => readInTime(what, MAX_MILLISECONDS, () => digest(file));

const MUTATION_KINDS: Readonly<Record<string, Mutation>> = {
  'a flipped bit': flippedBit,
  'a flipped bit near the end, where the directory is': (file, random) => {
    file[file.length - 1 - random(20_000)]! ^= 1 << random(8);
    return file;
  },
  'a flipped bit in the pickle': (file, random) => {
    file[random(28_100)]! ^= 1 << random(8);
    return file;
  },
  'some random bytes': randomBytes(64),
  'an extreme 32-bit value in the directory': (file, random) => {
    const value = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe][random(6)]!;
    new DataView(file.buffer).setUint32(file.length - 4 - random(18_000), value, true);
    return file;
  },
  'a range copied elsewhere': copiedRange(4_096),
  'a range cut out': (file, random) => {
    const at = random(file.length);
    const resumed = file.subarray(Math.min(file.length, at + 1 + random(1_000)));
    const shorter = new Uint8Array(at + resumed.length);
    shorter.set(file.subarray(0, at));
    shorter.set(resumed, at);
    return shorter;
  },
  'a cut end': cutEnd,
};

describeWithShared('a damaged checkpoint is refused or read as it was', () => {
  const original = new Uint8Array(readFileSync(sharedPath('checkpoints/biper-resnet20-cifar10/model_best.pth.tar')!));

  test('cut after every 1,000th byte, it is refused', async () => {
    for (let length = 0; length < original.length; length += 1_000) {
      expect(await outcome(original.subarray(0, length), `cut at ${length}`), `cut at ${length}`).toBeUndefined();
    }
  });

  /** Where bits are flipped, one at a time: start and step in bytes, and how many. */
  const centralDirectory = new DataView(original.buffer).getUint32(original.length - 6, true);
  test.each([
    ['a local header', 0, 1, 60],
    ['the pickle', 64, 701, 40],
    ['tensor entries', 30_000, 9_973, 100],
    ['the central directory', centralDirectory, 211, 79],
    ['the end of the central directory', original.length - 98, 1, 98],
  ])('with a bit flipped in %s', async (where, start, step, count) => {
    const expected = await digest(original);
    let refused = 0;
    for (let i = 0; i < count; i++) {
      const file = original.slice();
      const at = start + i * step;
      file[at]! ^= 1 << (i % 8);
      const found = await outcome(file, `${where}, byte ${at}`);
      if (found === undefined) refused++;
      else expect(found, `${where}, byte ${at}`).toBe(expected);
    }
    expect(refused).toBeGreaterThan(0);
  });

  test(`mutated in ${MUTATIONS} random ways (seed ${SEED})`, { timeout: 60_000 + MUTATIONS * 100 }, async () => {
    const expected = await digest(original);
    const kinds = Object.entries(MUTATION_KINDS);
    const random = seededInts(SEED);
    const start = performance.now();
    let refused = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const [kind, mutate] = kinds[i % kinds.length]!;
      const found = await outcome(mutate(original.slice(), random), `mutation ${i}, ${kind}`);
      if (found === undefined) refused++;
      else expect(found, `mutation ${i}, ${kind}, seed ${SEED}`).toBe(expected);
    }
    const each = (performance.now() - start) / MUTATIONS;
    console.log(
      `${MUTATIONS} mutations, seed ${SEED}: ${refused} refused, the rest read as before; ${each.toFixed(1)} ms each`,
    );
    expect(refused).toBeGreaterThan(0);
  });

  test(`with its pickle mutated under a correct checksum, in ${MUTATIONS} ways, it raises nothing but SignwaveErrors`, {
    timeout: 60_000 + MUTATIONS * 100,
  }, async () => {
    // data.pkl is the first entry: a local header of 30 bytes, name and padding; its CRC-32 is at 16 in the directory.
    const view = new DataView(original.buffer);
    const start = 30 + view.getUint16(26, true) + view.getUint16(28, true);
    const size = view.getUint32(centralDirectory + 24, true);
    const random = seededInts(SEED);
    let refused = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const file = original.slice();
      const pickle = file.subarray(start, start + size);
      for (let n = 1 + random(4); n > 0; n--) {
        if (random(2)) pickle[random(size)] = random(256);
        else pickle.copyWithin(random(size - 64), random(size - 64), random(size));
      }
      new DataView(file.buffer).setUint32(centralDirectory + 16, crc32(pickle), true);
      if ((await outcome(file, `pickle mutation ${i}, seed ${SEED}`)) === undefined) refused++;
    }
    expect(refused).toBeGreaterThan(0);
  });
});
