import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readImage } from '@signwave/data/node';
import { encodeNpy } from '@signwave/lab';
import { readNpy } from '@signwave/lab/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { golden } from '../../data/test/node/golden.js';
import { ROOT, signwave, temporaryFolder } from './signwave.js';

const CASES = join(ROOT, 'test/cases');
const PHOTO = join(CASES, 'images/photo-64x48.png');
const CLASSES = 3;
const folder = temporaryFolder();
/** A model for 8 x 8 x 3 images, without a resize in its recipe. */
const tiny = join(folder, 'tiny.sgnw');
/** A model for 224 x 224 x 3 images, which are resized to 256. */
const tiny224 = join(folder, 'tiny224.sgnw');

beforeAll(async () => {
  for (const [model, network] of [
    [tiny, 'tiny.json'],
    [tiny224, 'tiny224.json'],
  ] as const) {
    const checkpoint = join(CASES, 'checkpoints/plain.pth');
    const { code, stderr } = await signwave('convert', checkpoint, '-o', model, '--arch', join(CASES, network));
    expect(code, stderr).toBe(0);
  }
});

describe('a model whose recipe names no resize', () => {
  test('runs a photograph of another size, and says so once', async () => {
    const { code, stdout, stderr } = await signwave('run', tiny, PHOTO, PHOTO);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('photo-64x48.png');
    expect(stderr.match(/64 x 48 pixels: resized to 10 x 8 and cropped to 8 x 8.*names no resize/g)).toHaveLength(1);
  });

  test('says the same of the pixels in an array, one image after the other', async () => {
    const { data, height, width } = await readImage(PHOTO);
    const npy = join(folder, 'photos.npy');
    const out = join(folder, 'logits.npy');
    const twice = Uint8Array.from([...data, ...data]);
    writeFileSync(npy, encodeNpy({ type: '|u1', shape: [2, height, width, 3], data: twice }));
    const { code, stderr } = await signwave('run', tiny, '--npy', npy, '--out', out);
    expect(code, stderr).toBe(0);
    expect(stderr.match(/image 0 of .*photos\.npy is 64 x 48 pixels: resized/g)).toHaveLength(1);
    const logits = (await readNpy(out, { types: ['<f4'], shape: [2, CLASSES] })).data;
    const fromFile = JSON.parse((await signwave('run', tiny, PHOTO, '--json')).stdout)[0].predictions;
    for (const { index, logit } of fromFile) {
      expect(logits[index]).toBe(logit);
      expect(logits[CLASSES + index]).toBe(logit);
    }
  });
});

test('eval and run give the same outputs for a file of every kind', async () => {
  const photos = join(folder, 'kinds');
  const paths: string[] = [];
  for (const [i, { name, file }] of golden.files.entries()) {
    const path = join(photos, String(i % CLASSES), `${String(i).padStart(3, '0')}-${name.replace(/pbm$/, 'pgm')}`);
    mkdirSync(join(photos, String(i % CLASSES)), { recursive: true });
    writeFileSync(path, Buffer.from(file, 'base64'));
    paths.push(path);
  }
  paths.sort();
  const out = join(folder, 'kinds.npy');
  const evaluated = await signwave('eval', tiny, photos, '--logits', out);
  expect(evaluated, evaluated.stderr).toMatchObject({ code: 0 });
  const logits = (await readNpy(out, { types: ['<f4'], shape: [paths.length, CLASSES] })).data;
  const { stdout, stderr } = await signwave('run', tiny, ...paths, '--json');
  const results = JSON.parse(stdout) as { image: string; predictions: { index: number; logit: number }[] }[];
  expect(results.map(({ image }) => image)).toEqual(paths);
  results.forEach(({ image, predictions }, n) => {
    for (const { index, logit } of predictions) expect(logits[n * CLASSES + index], image).toBe(logit);
  });
  for (const said of [stderr, evaluated.stderr]) {
    expect(said.match(/gray samples of 16 bits, of which those above 255 became 255/g)).toHaveLength(1);
    expect(said.match(/names no resize/g)).toHaveLength(1);
  }
});

test('a strip of 1 x 20,000 pixels costs what its middle costs', async () => {
  const { code, stdout, stderr } = await signwave('run', tiny224, join(CASES, 'images/strip-1x20000.png'), '--json');
  expect(code, stderr).toBe(0);
  // The limit is generous, for busy machines; resizing all 256 x 5,120,000 pixels took a minute.
  expect(JSON.parse(stdout)[0].ms).toBeLessThan(5000);
});

test('names the file and both sizes of an image that is too long for its width', async () => {
  const path = join(folder, 'line.pgm');
  writeFileSync(path, Buffer.concat([Buffer.from('P5 2000000 1 255\n'), Buffer.alloc(2_000_000)]));
  const { code, stderr } = await signwave('run', tiny224, path);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /E_IMAGE.*line\.pgm .*2000000 x 1 pixels, one side more than 1000000 times as long.*cut it first/s,
  );
});
