import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readModel } from '@signwave/format';
import { evaluateOn } from '@signwave/lab';
import { openImageSample } from '@signwave/lab/node';
import { load } from '@signwave/runtime';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../trainer/src/config/parse-config.js';
import { differingImages, firstClasses } from '../zoo/scripts/compare-outputs.mjs';
import { zooDocument } from '../zoo/scripts/zoo-document.mjs';
import { MAX_BYTES, type ZooModel } from '../zoo/scripts/zoo-files.mjs';
import { sharedPath } from './shared.js';
import { ROOT, readText } from './source-files.js';

const models: readonly ZooModel[] = JSON.parse(readText('zoo/models.json'));
const bytesOf = ({ file }: ZooModel): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(`${ROOT}zoo/${file}`));
const ALL = process.env.SIGNWAVE_FULL === '1';
if (!ALL)
  console.warn('the zoo on whole test sets is skipped: SIGNWAVE_FULL=1 runs it on those that the maintainers have');
/** The part of Fashion-MNIST that the repository has. */
const FASHION_MNIST = `fashion-mnist:${ROOT}examples/fashion-mnist`;

describe('the zoo', () => {
  test('has a README made of its list: run node zoo/scripts/time.mjs or add.mjs', () => {
    expect(readText('zoo/README.md')).toBe(zooDocument(models));
  });

  test(`has at most ${MAX_BYTES} bytes of models, and no file that isn’t in the list`, () => {
    expect(models.reduce((sum, it) => sum + bytesOf(it).length, 0)).toBeLessThanOrEqual(MAX_BYTES);
    const listed = (key: 'file' | 'config') => models.map((it) => it[key].replace(/^\w+\//, '')).sort();
    expect(readdirSync(`${ROOT}zoo/models`).sort()).toEqual(listed('file'));
    expect(readdirSync(`${ROOT}zoo/configs`).sort()).toEqual(listed('config'));
  });
});

describe.each(models)('the zoo’s $name', (entry) => {
  test('is the file that the list describes', () => {
    const bytes = bytesOf(entry);
    expect(bytes.length).toBe(entry.bytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(entry.sha256);
    const { info } = readModel(bytes, entry.file);
    expect(info).toMatchObject({ name: entry.name, licence: entry.licence, method: entry.method });
    expect(info.labels).toBeDefined();
    expect(entry.architecture).toContain(info.architecture);
  });

  test('has the config that it was trained with', () => {
    const { architecture, method, data } = parseConfig(readText(`zoo/${entry.config}`), entry.config);
    expect({ architecture, method, format: data.format }).toEqual({
      architecture: entry.architecture,
      method: entry.method,
      format: entry.data.format,
    });
  });

  test('was as good as the trained network on each image, ties aside', () => {
    const { hits, images, trained } = entry;
    expect(hits).toBeLessThanOrEqual(images);
    expect(Math.abs(hits - trained.hits)).toBeLessThanOrEqual(trained.ties);
    // Training may have run on another back end, where some signs flip.
    expect(Math.abs(hits / images - trained.accuracyInTraining)).toBeLessThan(0.002);
  });

  test('runs, and is right about as often on the images that the repository has', async (context) => {
    const data = { cifar10: `${ROOT}examples/images`, 'fashion-mnist': FASHION_MNIST }[entry.data.format];
    if (data === undefined) return context.skip(`the repository has no images of ${entry.data.name}`);
    const sample = await openImageSample(data, { limit: 500 });
    const { evaluation } = await evaluateOn(await load(bytesOf(entry)), sample);
    // Twice the interval of 95 %, which one model in twenty would miss.
    const { top1Percent, top1Low, top1High } = evaluation;
    expect(Math.abs((100 * entry.hits) / entry.images - top1Percent)).toBeLessThan(top1High - top1Low);
  });
});

describe.runIf(ALL)('on the whole of CIFAR-10', () => {
  const ofCifar = models.filter(({ data }) => data.format === 'cifar10');
  const folder = sharedPath('data/cifar-10-batches-bin');

  test.runIf(folder).each(ofCifar)('$name has the hits that the list says', { timeout: 600_000 }, async (entry) => {
    const { evaluation } = await evaluateOn(await load(bytesOf(entry)), await openImageSample(`cifar10:${folder}`));
    expect(evaluation).toMatchObject({ images: entry.images, top1: entry.hits });
  });
});

describe('the comparison of a packed model with the trained network', () => {
  const labels = [0, 2];
  const trained = Float32Array.of(3, 1, 2, 0, 4, 5);

  test('takes the first of several largest logits', () => {
    expect(firstClasses(Float32Array.of(1, 1, 0, 0, 2, 2), 2)).toEqual([0, 1]);
  });

  test('lists each image that has another class', () => {
    expect(differingImages(trained, trained, labels.length)).toEqual([]);
    expect(differingImages(Float32Array.of(3, 1, 2, 0, 6, 5), trained, labels.length)).toEqual([1]);
  });

  test('refuses outputs of other images', () => {
    expect(() => differingImages(trained.subarray(3), trained, labels.length)).toThrow(/3 outputs .* 6/);
  });
});
