import { join } from 'node:path';
import { type FileImages, keyedRandom, type MemoryImages, sharedBytes, sharedLabels } from '@signwave/data';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { randomResizedCrop } from '../../src/data/augment.js';
import { type Batch, type BatchPlan, batchesPerEpoch, NO_AUGMENTATION } from '../../src/data/batch-plan.js';
import { type BatchStream, openBatches } from '../../src/data/batch-stream.js';
import { viewsPerImage } from '../../src/data/views.js';
import { buildWorker } from './build-worker.js';

function numbered(length: number): MemoryImages['pixels'] {
  const bytes = sharedBytes(length);
  for (let i = 0; i < length; i++) bytes[i] = i;
  return bytes;
}

/** 10 gray images of 4 x 5 pixels; byte p of image i is 20 i + p. */
const SMALL: MemoryImages = {
  kind: 'memory',
  count: 10,
  height: 4,
  width: 5,
  channels: 1,
  pixels: numbered(200),
  labels: sharedLabels([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
};
const PLAIN: BatchPlan = {
  seed: 1,
  batchSize: 4,
  shuffle: false,
  augmentation: NO_AUGMENTATION,
  mean: [0],
  std: [1 / 255],
  side: 8,
  dropsSingle: true,
};
const VARIED: BatchPlan = { ...PLAIN, shuffle: true, augmentation: { cropPadding: 2, flip: true, resizedCropArea: 0 } };

async function collect(stream: BatchStream): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let batch = await stream.next(); batch; batch = await stream.next()) batches.push(batch);
  await stream.close();
  return batches;
}
const all = (
  set: MemoryImages | FileImages,
  plan: BatchPlan,
  epochs = 1,
  first = { epoch: 0, batch: 0 },
  worker?: URL,
) => collect(openBatches(set, plan, { first, epochs }, worker));

describe('batches', () => {
  test('without variation are the set in order, the last one smaller', async () => {
    const batches = await all(SMALL, PLAIN);
    expect(batches.map(({ count }) => count)).toEqual([4, 4, 2]);
    expect(batches.flatMap(({ labels }) => [...labels])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(batches[1]!.images[3]).toBeCloseTo(83, 4);
  });

  test('of an epoch have every image once, in another order in each epoch', async () => {
    const batches = await all(SMALL, VARIED, 2);
    const labels = [0, 1].map((epoch) => batches.filter((it) => it.epoch === epoch).flatMap((it) => [...it.labels]));
    expect(labels[0]).not.toEqual(labels[1]);
    for (const epoch of labels) expect([...epoch].sort()).toEqual([...SMALL.labels]);
  });

  test('depend on the seed', async () => {
    const [a, b] = [await all(SMALL, VARIED), await all(SMALL, { ...VARIED, seed: 2 })];
    expect(a.map((it) => it.labels)).not.toEqual(b.map((it) => it.labels));
  });

  test('are the same when a stream starts in the middle', async () => {
    const whole = await all(SMALL, VARIED, 3);
    expect(await all(SMALL, VARIED, 3, { epoch: 1, batch: 2 })).toEqual(whole.slice(5));
  });

  test('never have a single image, unless for testing', () => {
    expect(batchesPerEpoch(9, { batchSize: 4, dropsSingle: true })).toBe(2);
    expect(batchesPerEpoch(9, { batchSize: 4, dropsSingle: false })).toBe(3);
  });

  test('show each image shifted over black, and mirrored or not', async () => {
    const seen = new Set<string>();
    for (const batch of await all(SMALL, { ...VARIED, batchSize: 1, dropsSingle: false }, 20)) {
      seen.add(describeShift(batch.images, batch.labels[0]!));
    }
    // 5 x 5 shifts, mirrored or not, in 200 draws: most of the 50 turn up.
    expect(seen.size).toBeGreaterThan(40);
    expect(seen.has('none')).toBe(false);
  });
});

describe('the number of a view', () => {
  /** Shift and mirroring by which a view's number says it came about. */
  function described(view: number, padding: number): string {
    const inImage = view % viewsPerImage(padding);
    const shift = Math.floor(inImage / 2);
    const side = 2 * padding + 1;
    return `${Math.floor(shift / side) - padding} ${(shift % side) - padding} ${inImage % 2 === 1}`;
  }

  test('says which image it is, how it was shifted, and whether it was mirrored', async () => {
    for (const batch of await all(SMALL, { ...VARIED, batchSize: 1, dropsSingle: false }, 3)) {
      const [view, index] = [batch.views![0]!, batch.labels[0]!];
      expect(Math.floor(view / viewsPerImage(2))).toBe(index);
      expect(described(view, 2)).toBe(describeShift(batch.images, index));
    }
  });

  test('is among 162 of an image for a padding of 4, 50 for 2, and 2 for none', () => {
    expect([4, 2, 0].map(viewsPerImage)).toEqual([162, 50, 2]);
  });

  test('counts unvaried images by two', async () => {
    const [batch] = await all(SMALL, PLAIN);
    expect([...batch!.views!]).toEqual([0, 2, 4, 6]);
  });
});

describe('alternating flips', () => {
  const ALTERNATE: BatchPlan = { ...VARIED, augmentation: { ...VARIED.augmentation, flip: 'alternate' } };
  const EPOCHS = 6;

  /** For each image, whether it was mirrored in each epoch. */
  async function flipsOf(plan: BatchPlan, first = { epoch: 0, batch: 0 }): Promise<Map<number, boolean[]>> {
    const flips = new Map<number, boolean[]>();
    for (const batch of await all(SMALL, { ...plan, batchSize: 1, dropsSingle: false }, EPOCHS, first)) {
      const index = batch.labels[0]!;
      flips.set(index, [...(flips.get(index) ?? []), describeShift(batch.images, index).endsWith('true')]);
    }
    return flips;
  }

  test('mirror each image in every second epoch, some in the first and some in the next', async () => {
    const flips = await flipsOf(ALTERNATE);
    for (const [index, found] of flips) {
      expect(found, `image ${index}`).toEqual(Array.from({ length: EPOCHS }, (_, e) => found[0] === (e % 2 === 0)));
    }
    expect(new Set([...flips.values()].map(([first]) => first)).size).toBe(2);
  });

  test('start as the seed says', async () => {
    const starts = await Promise.all(
      [1, 2, 3].map(async (seed) => JSON.stringify([...(await flipsOf({ ...ALTERNATE, seed }))].sort())),
    );
    expect(new Set(starts).size).toBe(3);
  });

  test('go on where they were when a stream starts in the middle', async () => {
    const whole = await flipsOf(ALTERNATE);
    for (const [index, found] of await flipsOf(ALTERNATE, { epoch: 3, batch: 0 }))
      expect(found).toEqual(whole.get(index)!.slice(3));
  });
});

/** Which shift and mirroring makes `images` out of image `index`. */
function describeShift(images: Float32Array, index: number): string {
  for (const flip of [false, true]) {
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) {
        const fits = images.every((value, at) => {
          const y = Math.floor(at / 5) + dy;
          const x = (flip ? 4 - (at % 5) : at % 5) + dx;
          const expected = y < 0 || y > 3 || x < 0 || x > 4 ? 0 : 20 * index + 5 * y + x;
          return Math.abs(value - expected) < 1e-3;
        });
        if (fits) return `${dy} ${dx} ${flip}`;
      }
    }
  }
  return 'none';
}

describe('a worker', () => {
  test('gives the same batches', async () => {
    const worker = await buildWorker(await temporaryFolder());
    expect(await all(SMALL, VARIED, 3, { epoch: 0, batch: 1 }, worker)).toEqual(
      await all(SMALL, VARIED, 3, { epoch: 0, batch: 1 }),
    );
  });

  test('passes on what went wrong, with its code', async () => {
    const worker = await buildWorker(await temporaryFolder());
    const files: FileImages = {
      kind: 'files',
      count: 1,
      folder: '',
      paths: ['nowhere.png'],
      labels: sharedLabels([0]),
    };
    await expect(
      all(files, { ...PLAIN, mean: [0, 0, 0], std: [1, 1, 1], dropsSingle: false }, 1, undefined, worker),
    ).rejects.toMatchObject({
      code: 'E_IMAGE',
    });
  });

  test('that ends early is an error, not a wait for ever', async () => {
    const program = new URL('data:text/javascript,process.exit(3)');
    await expect(all(SMALL, PLAIN, 1, undefined, program)).rejects.toThrow(/ended early/);
  });

  test('is stopped in the middle', async () => {
    const worker = await buildWorker(await temporaryFolder());
    const stream = openBatches(SMALL, PLAIN, { first: { epoch: 0, batch: 0 }, epochs: 1000 }, worker);
    await stream.next();
    await stream.close();
  });
});

describe('image files', () => {
  test('become squares: the middle for testing, mirrored random parts for training', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.png');
    // Red on the left half, blue on the right one.
    const half = (r: number, b: number) =>
      ({ create: { width: 20, height: 30, channels: 3, background: { r, g: 0, b } } }) as const;
    const right = await sharp(half(0, 255)).png().toBuffer();
    await sharp({ create: { width: 40, height: 30, channels: 3, background: { r: 255, g: 0, b: 0 } } })
      .composite([{ input: right, left: 20, top: 0 }])
      .png()
      .toFile(path);
    const files: FileImages = {
      kind: 'files',
      count: 8,
      folder,
      paths: new Array(8).fill(path),
      labels: sharedLabels(new Array(8).fill(3)),
    };
    const plan = { ...PLAIN, batchSize: 8, mean: [0, 0, 0], std: [1, 1, 1] };
    const [tested] = await all(files, plan);
    expect(tested!.images).toHaveLength(8 * 8 * 8 * 3);
    expect(tested!.views).toBeUndefined();
    expect([...tested!.images.subarray(0, 3)]).toEqual([1, 0, 0]);
    expect([...tested!.images.subarray(21, 24)]).toEqual([0, 0, 1]);

    const training = {
      ...plan,
      seed: 2,
      shuffle: true,
      augmentation: { cropPadding: 0, flip: true, resizedCropArea: 0.9 },
    };
    const [trained] = await all(files, training);
    const lefts = Array.from({ length: 8 }, (_, i) => trained!.images[i * 192]);
    expect(new Set(lefts)).toEqual(new Set([0, 1]));
    expect(await all(files, training)).toEqual([trained]);
  });

  test('are cropped inside, to the area and ratio asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 1, max: 600 }),
        fc.nat(),
        (width, height, seed) => {
          const crop = randomResizedCrop(width, height, 0.08, keyedRandom(seed));
          expect(crop.left).toBeGreaterThanOrEqual(0);
          expect(crop.top).toBeGreaterThanOrEqual(0);
          expect(crop.width).toBeGreaterThan(0);
          expect(crop.height).toBeGreaterThan(0);
          expect(crop.left + crop.width).toBeLessThanOrEqual(width);
          expect(crop.top + crop.height).toBeLessThanOrEqual(height);
        },
      ),
    );
  });
});
