import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluationResize, prepareImage, sharedLabels } from '@signwave/data';
import { readImage } from '@signwave/data/node';
import { openImageSample } from '@signwave/lab/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { golden } from '../data/test/node/golden.js';
import { NO_AUGMENTATION } from '../trainer/src/data/batch-plan.js';
import { makeBatches } from '../trainer/src/data/make-batches.js';
import { temporaryFolder } from './cli/signwave.js';

// Compares how the trainer's validation, `eval` and `run` read one file of every kind with what Pillow and torchvision make of it.

const SIDE = 12;
const RECIPE = { divisor: 255, mean: [0, 0, 0], std: [1, 1, 1], resize: evaluationResize(SIDE) };

/** The file type is recognised by the content, so a .pbm can be called .pgm; class folders aren't searched for .pbm. */
const fileNames = golden.files.map(({ name }) => name.replace(/pbm$/, 'pgm'));
const kinds = golden.files.map(({ name, evaluated }, index) => ({ name, evaluated, index }));
const folder = temporaryFolder();

beforeAll(() => {
  // A folder for each kind. Data sets sort folders by name, so numbers keep the order.
  for (const [i, { file }] of golden.files.entries()) {
    mkdirSync(join(folder, String(i).padStart(3, '0')));
    writeFileSync(pathOf(i), Buffer.from(file, 'base64'));
  }
});

describe.each(kinds)('$name', ({ evaluated, index }) => {
  test('is the same bytes to training', async () => {
    const files = { kind: 'files', count: 1, folder, paths: [pathOf(index)], labels: sharedLabels([0]) } as const;
    const plan = {
      seed: 1,
      batchSize: 1,
      shuffle: false,
      augmentation: NO_AUGMENTATION,
      mean: [0, 0, 0],
      std: [1 / 255, 1 / 255, 1 / 255],
      side: SIDE,
      dropsSingle: false,
    };
    const batches = makeBatches(files, plan, { first: { epoch: 0, batch: 0 }, epochs: 1 });
    const { value } = await batches.next();
    expect(sha256(Uint8Array.from(value!.images, Math.round))).toBe(evaluated.rgb);
  });

  test('is the same bytes to eval', async () => {
    const sample = await openImageSample(folder);
    const { image, name } = (await sample.read(index))!;
    expect(name).toContain(fileNames[index]);
    expect(sha256(prepareImage(image, { ...RECIPE, channelOrder: 'rgb' }, SIDE, SIDE))).toBe(evaluated.rgb);
  });

  test('is the same bytes to run, for colour and gray models', async () => {
    const image = await readImage(pathOf(index));
    expect(sha256(prepareImage(image, { ...RECIPE, channelOrder: 'rgb' }, SIDE, SIDE))).toBe(evaluated.rgb);
    const gray = { ...RECIPE, channelOrder: 'gray', mean: [0], std: [1] } as const;
    expect(sha256(prepareImage(image, gray, SIDE, SIDE))).toBe(evaluated.gray);
  });
});

function pathOf(index: number): string {
  return join(folder, String(index).padStart(3, '0'), fileNames[index]!);
}

function sha256(bytes: Uint8Array | Float32Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
