import { appendFile, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Remark } from '@signwave/data';
import { writeModel } from '@signwave/format';
import { load } from '@signwave/runtime';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { type Evaluation, evaluateOn } from '../../src/index.js';
import { evaluateShare } from '../../src/node/evaluate-share.js';
import { type FinishedPart, finishPart } from '../../src/node/finish-part.js';
import { mergeEvaluation } from '../../src/node/merge-evaluation.js';
import { openParts } from '../../src/node/merge-parts.js';
import { openImageSample } from '../../src/node/open-image-sample.js';
import { tinyModel } from '../tiny-model.js';

const model = await load(writeModel(tinyModel()));
const LABELS = ['bright', 'dark'];

/** Images of 2 x 2 in two class folders, some of them in the wrong one. @param damaged numbers of those that are cut short. */
async function imageFolder(count: number, damaged: readonly number[] = []): Promise<string> {
  const folder = await temporaryFolder();
  for (const label of LABELS) await mkdir(join(folder, label));
  for (let n = 0; n < count; n++) {
    const isBright = (n % 2 === 0) !== (n % 5 === 0);
    const image = Buffer.concat([Buffer.from('P5 2 2 255\n'), Buffer.alloc(4, isBright ? 200 : 20)]);
    const name = `${String(n).padStart(3, '0')}.pgm`;
    await writeFile(join(folder, LABELS[n % 2]!, name), damaged.includes(n) ? image.subarray(0, 12) : image);
  }
  return folder;
}

interface Options {
  readonly limit?: number;
  readonly isStrict?: boolean;
  readonly labels?: readonly string[];
  readonly isPacked?: boolean;
  readonly modelHash?: string;
}

function open(data: string, options: Options, onRemark: (remark: Remark) => void = () => {}) {
  const { limit, isStrict = false, labels = LABELS } = options;
  return openImageSample(data, { limit, isStrict, input: model.input, model: { count: 2, labels }, onRemark });
}

async function share(data: string, folder: string, of: string, options: Options = {}): Promise<FinishedPart> {
  const [index, count] = of.split('/').map(Number);
  const { labels = LABELS, isPacked = false, modelHash = 'a model' } = options;
  const shard = { index: index!, count: count! };
  const where = { shard, modelHash, labels, folder, isPacked, onProgress: () => {} };
  return evaluateShare(model, await open(data, options), where);
}

async function shares(data: string, count: number, options: Options = {}): Promise<string> {
  const folder = join(await temporaryFolder(), 'parts');
  for (let index = count; index >= 1; index--) await share(data, folder, `${index}/${count}`, options);
  return folder;
}

/** All that an evaluation says and tells, but for its time. */
const comparable = (evaluation: Evaluation, remarks: readonly Remark[]): string =>
  JSON.stringify([{ ...evaluation, msPerImage: 0 }, remarks]);

async function undivided(data: string, options: Options = {}): Promise<string> {
  const remarks: Remark[] = [];
  const sample = await open(data, options, (remark) => remarks.push(remark));
  remarks.length = 0;
  const { evaluation } = await evaluateOn(model, sample);
  return comparable(evaluation, remarks);
}

async function merged(folder: string): Promise<string> {
  const remarks: Remark[] = [];
  const evaluation = await mergeEvaluation(await openParts(folder), (remark) => remarks.push(remark));
  return comparable(evaluation, remarks);
}

const partOf = (folder: string, shard: string) => join(folder, `part-${shard.replace('/', '-of-')}.jsonl`);

/** Writes a part anew, with other lines or another origin, as sound as before. */
async function rewrite(path: string, change: (line: string) => string): Promise<void> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n').map(change);
  const { part } = JSON.parse(lines.pop()!);
  const { lines: _, errors, sha256, summary, ...origin } = part;
  await rm(path);
  async function* parsed() {
    for (const line of lines) yield JSON.parse(line);
  }
  const folder = join(path, '..');
  await finishPart(folder, false, origin, { lines: parsed(), summary: () => summary });
}

describe('shares of an evaluation, merged, say what one process says', () => {
  test.each([1, 2, 3, 7, 31])('in %i shares of 23 images, two of which can’t be decoded', async (count) => {
    const data = await imageFolder(23, [8, 9]);
    expect(await merged(await shares(data, count))).toBe(await undivided(data));
  });

  test('of a sample', async () => {
    const data = await imageFolder(40);
    const options = { limit: 17 };
    expect(await undivided(data, options)).toContain('17 of 40 images');
    expect(await merged(await shares(data, 3, options))).toBe(await undivided(data, options));
  });

  test('when parts are packed, and when only some are', async () => {
    const data = await imageFolder(10);
    const folder = await shares(data, 2, { isPacked: true });
    expect(await readdir(folder)).toEqual(['part-1-of-2.jsonl.gz', 'part-2-of-2.jsonl.gz']);
    const text = gunzipSync(await readFile(join(folder, 'part-1-of-2.jsonl.gz'))).toString();
    expect(text.split('\n')[0]).toBe('{"index":0,"label":0,"predicted":1,"isInTop5":true}');
    expect(await merged(folder)).toBe(await undivided(data));
    await rm(join(folder, 'part-1-of-2.jsonl.gz'));
    await share(data, folder, '1/2');
    expect(await merged(folder)).toBe(await undivided(data));
  });

  test('where all images of a share can’t be decoded, or all images', async () => {
    const data = await imageFolder(6, [0, 2]);
    const folder = await shares(data, 3);
    expect(await share(data, folder, '1/3')).toMatchObject({ wasThere: true, end: { lines: 2, errors: 2 } });
    expect(await merged(folder)).toBe(await undivided(data));
    const bad = await imageFolder(3, [0, 1, 2]);
    const [one, parts] = [await reasonOf(undivided(bad)), await reasonOf(merged(await shares(bad, 2)))];
    expect(one).toMatch(/^E_IMAGE .*: 3 of 3 images can't be decoded; the first: .*000\.pgm/);
    expect(parts).toBe(one);
  });

  test('and its time is the mean over all images', async () => {
    const folder = await shares(await imageFolder(9), 2);
    const runMs = await Promise.all(
      ['1/2', '2/2'].map(async (it) => JSON.parse(await lastLine(partOf(folder, it))).part.summary.runMs as number),
    );
    const { msPerImage } = await mergeEvaluation(await openParts(folder), () => {});
    expect(msPerImage).toBe((runMs[0]! + runMs[1]!) / 9);
    expect(msPerImage).toBeGreaterThan(0);
  });
});

const reasonOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    ({ code, message }) => `${code} ${message}`,
  );

async function lastLine(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trimEnd().split('\n').at(-1)!;
}

describe('a share that is there', () => {
  test('isn’t evaluated again', async () => {
    const data = await imageFolder(6);
    const folder = await shares(data, 2);
    const before = await readFile(partOf(folder, '1/2'), 'utf8');
    expect(await share(data, folder, '1/2')).toMatchObject({ wasThere: true, end: { lines: 3, errors: 0 } });
    expect(await readFile(partOf(folder, '1/2'), 'utf8')).toBe(before);
  });

  test.each<[string, Options, RegExp]>([
    ['another model', { modelHash: 'other' }, /made with the model a model, not other; choose another folder/],
    ['a smaller sample', { limit: 4 }, /made with the sample 6 images, not 4 of 6 images, evenly over 2 classes/],
    ['other labels', { labels: ['dark', 'bright'] }, /made with the labels [0-9a-f]{64}, not [0-9a-f]{64};/],
  ])('is refused if it is of %s, and kept', async (_, options, message) => {
    const data = await imageFolder(6);
    const folder = await shares(data, 1);
    const before = await readFile(partOf(folder, '1/1'), 'utf8');
    expect(await reasonOf(share(data, folder, '1/1', options))).toMatch(/^E_USAGE .*part-1-of-1\.jsonl is there, /);
    expect(await reasonOf(share(data, folder, '1/1', options))).toMatch(message);
    expect(await readFile(partOf(folder, '1/1'), 'utf8')).toBe(before);
  });

  test('isn’t there when its images may not be damaged and one is', async () => {
    const folder = join(await temporaryFolder(), 'parts');
    const made = share(await imageFolder(6, [2]), folder, '1/1', { isStrict: true });
    expect(await reasonOf(made)).toMatch(/^E_IMAGE .*002\.pgm/);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a data set that changes between two shares is noticed', () => {
  /** What merging says when the data are changed between the shares; a change after the last one is no concern of theirs. */
  async function afterChange(change: (data: string) => Promise<void>, options: Options = {}): Promise<string> {
    const data = await imageFolder(12);
    const folder = join(await temporaryFolder(), 'parts');
    await share(data, folder, '1/2', options);
    await change(data);
    await share(data, folder, '2/2', options);
    return reasonOf(merged(folder));
  }

  test.each<[string, (data: string) => Promise<void>, RegExp]>([
    [
      'a file is added',
      (data) => copyFile(join(data, 'dark/001.pgm'), join(data, 'dark/099.pgm')),
      /^E_DATA .*part-2-of-2\.jsonl was made with the sample 13 images, not 12 images, as .*part-1-of-2\.jsonl/,
    ],
    ['a file has another name', (data) => rename(join(data, 'dark/011.pgm'), join(data, 'dark/012.pgm')), /the data /],
    [
      'an image of the other share has another size',
      (data) => appendFile(join(data, 'bright/000.pgm'), ' '),
      /the data /,
    ],
    ['images change classes', (data) => swap(join(data, 'dark/011.pgm'), join(data, 'bright/010.pgm')), /the data /],
  ])('when %s', async (_, change, message) => {
    expect(await afterChange(change)).toMatch(message);
  });

  test('also when the file that is added is not in the sample', async () => {
    const change = (data: string) => copyFile(join(data, 'dark/001.pgm'), join(data, 'dark/099.pgm'));
    expect(await afterChange(change, { limit: 4 })).toMatch(/made with the sample 4 of 13 images/);
  });

  test('while a copy elsewhere is the same data', async () => {
    const [data, copy] = [await imageFolder(6), await imageFolder(6)];
    const folder = join(await temporaryFolder(), 'parts');
    await share(data, folder, '1/2');
    await share(copy, folder, '2/2');
    expect(await merged(folder)).toBe(await undivided(data));
  });
});

/** Moves two images, each into the folder of the other. */
async function swap(a: string, b: string): Promise<void> {
  await rename(a, join(b, '..', '011.pgm'));
  await rename(b, join(a, '..', '010.pgm'));
}

describe('merging refuses', () => {
  const broken = async (change: (folder: string) => Promise<void>): Promise<string> => {
    const folder = await shares(await imageFolder(9), 3);
    await change(folder);
    return reasonOf(merged(folder));
  };
  const withText = (path: string, change: (text: string) => string) =>
    readFile(path, 'utf8').then((text) => writeFile(path, change(text)));

  test('a part that was changed', async () => {
    const change = (folder: string) =>
      withText(partOf(folder, '2/3'), (text) => text.replace('"isInTop5":true', '"isInTop5":false'));
    expect(await broken(change)).toMatch(/^E_DATA .*part-2-of-3\.jsonl was changed: .*; remove it and run its share/);
  });

  test('a part that was cut', async () => {
    const change = (folder: string) => withText(partOf(folder, '3/3'), (text) => text.slice(0, -20));
    expect(await broken(change)).toMatch(/part-3-of-3\.jsonl is no whole part: its last line doesn't say what it is/);
  });

  test('a part that is missing', async () => {
    expect(await broken((folder) => rm(partOf(folder, '2/3')))).toMatch(/lacks 1 of 3 parts: 2; run these shares/);
  });

  test('a part that is there twice', async () => {
    const change = (folder: string) => copyFile(partOf(folder, '2/3'), `${partOf(folder, '2/3')}.gz`);
    expect(await broken(change)).toMatch(/parts that don't belong together: part-2-of-3\.jsonl and part-2-of-3/);
    const renamed = (folder: string) => copyFile(partOf(folder, '2/3'), partOf(folder, '3/3'));
    expect(await broken(renamed)).toMatch(/part-3-of-3\.jsonl holds part 2 of 3: give it its name back/);
  });

  test.each<[string, Options, RegExp]>([
    ['model', { modelHash: 'other' }, /was made with the model other, not a model, as /],
    ['labels', { labels: ['dark', 'bright'] }, /was made with the labels /],
    ['sample', { limit: 5 }, /was made with the sample 5 of 9 images, .* not 9 images, as /],
  ])('a part with another %s', async (_, options, message) => {
    const data = await imageFolder(9);
    const folder = await shares(data, 2);
    await rm(partOf(folder, '2/2'));
    await share(data, folder, '2/2', options);
    expect(await reasonOf(merged(folder))).toMatch(/^E_DATA .*part-2-of-2\.jsonl/);
    expect(await reasonOf(merged(folder))).toMatch(message);
  });

  test('a part of another command', async () => {
    const change = (folder: string) =>
      rewrite(partOf(folder, '2/3'), (line) => line.replace('"command":"eval"', '"command":"run"'));
    expect(await broken(change)).toMatch(/part-2-of-3\.jsonl was made with the command run, not eval, as /);
  });

  test.each<[string, (line: string) => string]>([
    ['an image again', (line) => line.replace('"index":4', '"index":3')],
    ['an image that the data set doesn’t have', (line) => line.replace('"index":5', '"index":9')],
    ['a class that the model doesn’t have', (line) => line.replace('"index":5,"label":1', '"index":5,"label":2')],
    ['an answer of run', (line) => line.replace('"index":5', '"id":5')],
  ])('a part that is whole, but has %s', async (_, change) => {
    const reason = await broken((folder) => rewrite(partOf(folder, '2/3'), change));
    expect(reason).toMatch(/^E_DATA part 2 of 3 has a line that doesn't belong there: \{.*; remove it/);
  });

  test('a part that is whole, but has too few images', async () => {
    const change = async (folder: string) => {
      const path = partOf(folder, '2/3');
      const text = await readFile(path, 'utf8');
      await writeFile(path, text.slice(text.indexOf('\n') + 1));
      await rewrite(path, (line) => line);
    };
    expect(await broken(change)).toMatch(/^E_DATA part 2 of 3 has 2 images, its share are 3; remove it/);
  });

  test('a part without its summary', async () => {
    const change = (folder: string) =>
      rewrite(partOf(folder, '1/3'), (line) => line.replace('"classNames":["bright",', '"classNames":['));
    expect(await broken(change)).toMatch(/^E_DATA part 1 of 3: its last line doesn't say what was evaluated/);
  });
});
