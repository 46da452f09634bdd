import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNpy } from '@signwave/lab/node';
import { expect, test } from 'vitest';
import { EXAMPLE_IMAGES, ROOT, signwave, temporaryFolder } from './signwave.js';

const MODEL = join(ROOT, 'test/cases/hostile/outputs-20000.sgnw');
const folder = temporaryFolder();

/** The ten classes of the images, among as many as the model has. */
const NAMES = [...readdirSync(EXAMPLE_IMAGES), ...Array.from({ length: 19_990 }, (_, n) => `class ${n}`)];

test('eval of a model of 20,000 classes makes no matrix of them, and reports its mistakes', async () => {
  const [report, logits] = [join(folder, 'report.html'), join(folder, 'logits.npy')];
  const labels = join(folder, 'labels.txt');
  writeFileSync(labels, NAMES.join('\n'));
  const options = ['--labels', labels, '--limit', '2', '--json', '--report', report, '--logits', logits];
  const { code, stdout } = await signwave('eval', MODEL, EXAMPLE_IMAGES, ...options);
  expect(code).toBe(0);
  const { images, top1, mistakes, confusion } = JSON.parse(stdout);
  expect(confusion).toBeUndefined();
  expect(mistakes.reduce((sum: number, it: { images: number }) => sum + it.images, top1)).toBe(images);
  expect(readFileSync(report, 'utf8')).toContain('Most frequent mistakes');
  expect((await readNpy(logits, { types: ['<f4'] })).shape).toEqual([2, 20_000]);
});
