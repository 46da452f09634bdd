import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FORMATS } from '@signwave/data';
import { readNpy } from '@signwave/lab/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLE_CHECKPOINT, EXAMPLE_IMAGES, EXAMPLE_LABELS, ROOT, signwave, temporaryFolder } from './signwave.js';

const CASES = join(ROOT, 'test/cases');
const NUMBERED = join(CASES, 'data/numbered');
const LABELS = join(CASES, 'labels/twelve.txt');
const folder = temporaryFolder();
/** A network of twelve classes, with and without names for them. It is right on each image of `numbered`. */
const [named, nameless] = [join(folder, 'named.sgnw'), join(folder, 'nameless.sgnw')];
/** The example network for CIFAR-10. */
const cifar = join(folder, 'cifar.sgnw');

beforeAll(async () => {
  const twelve = [join(CASES, 'checkpoints/twelve.pth'), '--arch', join(CASES, 'tiny.json')];
  for (const options of [
    [...twelve, '-o', nameless],
    [...twelve, '-o', named, '--labels', LABELS],
    [EXAMPLE_CHECKPOINT, '-o', cifar, '--labels', EXAMPLE_LABELS],
  ]) {
    expect(await signwave('convert', ...options)).toMatchObject({ code: 0 });
  }
});

const evaluate = async (...args: readonly string[]) => {
  const outcome = await signwave('eval', ...args, '--json');
  return { ...outcome, json: outcome.code === 0 ? JSON.parse(outcome.stdout) : undefined };
};

describe('eval on numbered class folders', () => {
  test('goes by the model’s labels', async () => {
    const { json, stderr } = await evaluate(named, NUMBERED);
    expect(json).toMatchObject({ images: 12, top1: 12 });
    expect(stderr).toBe('');
  });

  test('goes by --labels where the model has none, and warns without them', async () => {
    expect((await evaluate(nameless, NUMBERED, '--labels', LABELS)).json).toMatchObject({ top1: 12 });
    const { json, stderr } = await evaluate(nameless, NUMBERED);
    expect(json.images).toBe(12);
    expect(stderr).toMatch(/warning .*order of their characters, .*: 0, 1, 10, 11, 2 .* \(--labels\)/);
  });

  test('takes no hidden folder for a class', async () => {
    const { json, stderr } = await evaluate(nameless, join(CASES, 'data/with-jupyter'));
    expect(json).toMatchObject({ images: 2, top1: 2 });
    expect(stderr).toContain('left out 1 hidden folder (.ipynb_checkpoints)');
  });

  test('refuses labels of another number', async () => {
    const { code, stderr } = await evaluate(cifar, NUMBERED, '--labels', LABELS);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('E_LABELS there are 12 labels') });
  });
});

describe('eval on class folders as people have them', () => {
  test('takes some of the classes, of changed names, and says what is missing and unknown', async () => {
    const data = join(folder, 'some');
    for (const [from, to] of [
      ['cat', 'CAT'],
      ['horse', 'horse'],
      ['ship', 'boat'],
    ]) {
      cpSync(join(EXAMPLE_IMAGES, from!), join(data, to!), { recursive: true });
    }
    const { json, stderr } = await evaluate(cifar, data);
    const whole = (await evaluate(cifar, EXAMPLE_IMAGES)).json.confusion;
    expect(json.confusion[3]).toEqual(whole[3]);
    expect(json.confusion[7]).toEqual(whole[7]);
    expect(json.images).toBe([...whole[3], ...whole[7]].reduce((sum: number, n: number) => sum + n, 0));
    expect(stderr).toMatch(/matched with the model's labels: CAT is cat/);
    expect(stderr).toMatch(
      /no folder for 8 of the model's 10 classes: airplane, automobile, bird, deer, dog and 3 more/,
    );
    expect(stderr).toMatch(/left out folders that are none of the model's classes \(images: \d+\): boat/);
  });

  test('counts images that can’t be decoded, and refuses them with --strict', async () => {
    const data = join(folder, 'broken');
    cpSync(NUMBERED, data, { recursive: true });
    writeFileSync(join(data, '3/cut.PNG'), 'no image');
    const logits = join(folder, 'logits.npy');
    const { json, stderr } = await evaluate(named, data, '--logits', logits);
    expect(json).toMatchObject({ images: 12, top1: 12, undecodable: [{ name: '3/cut.PNG' }] });
    expect(stderr).toMatch(
      /warning broken: 1 of 13 images can't be decoded and are left out:\n {2}.*cut\.PNG can't be/,
    );
    expect((await readNpy(logits, { types: ['<f4'] })).shape).toEqual([12, 12]);
    const strict = await evaluate(named, data, '--strict');
    expect(strict).toMatchObject({ code: 1, stderr: expect.stringMatching(/E_IMAGE .*cut\.PNG can't be decoded/) });
  });

  test('refuses data of which no image can be decoded', async () => {
    const data = join(folder, 'noise/0');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, '1.png'), 'no image');
    const { code, stderr } = await evaluate(named, join(folder, 'noise'));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/E_IMAGE noise: 1 of 1 images can't/) });
  });
});

describe('a limited number of images', () => {
  test('is taken evenly over all classes, which is said', async () => {
    const { json, stderr } = await evaluate(cifar, EXAMPLE_IMAGES, '--limit', '20');
    expect(json).toMatchObject({ images: 20, available: 100 });
    expect(json.sample).toBe('20 of 100 images, evenly over 10 classes, seed 0');
    expect(stderr).toContain(json.sample);
    for (const row of json.confusion) expect(row.reduce((sum: number, n: number) => sum + n, 0)).toBeGreaterThan(0);
  });

  test.each([
    ['verify', ['verify', cifar, '--images', EXAMPLE_IMAGES, '--limit', '2']],
    ['compare', ['compare', cifar, cifar, '--images', EXAMPLE_IMAGES, '--limit', '2']],
    [
      'convert',
      [
        'convert',
        EXAMPLE_CHECKPOINT,
        '-o',
        join(folder, 'small.sgnw'),
        '--head',
        'i8',
        '--calibrate',
        EXAMPLE_IMAGES,
        '--limit',
        '2',
      ],
    ],
  ])('is the same sample in %s', async (_, args) => {
    const { code, stderr } = await signwave(...args);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('2 of 100 images, evenly over 2 of 10 classes'),
    });
  });
});

test.each(['eval', 'compare', 'verify', 'convert'])('%s --help names every format of data', async (command) => {
  const text = (await signwave(command, '--help')).stdout.replace(/\s+/g, ' ');
  expect(text).toContain('cifar10:DIR, ');
  expect(text).toContain(', or a folder with one folder');
  expect(DATA_FORMATS.filter((format) => !text.includes(`${format}:DIR, `))).toEqual([]);
});

test.each(['docs/cli.md', 'docs/errors.md'])('%s names every format of data', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  expect(DATA_FORMATS.filter((format) => format !== 'folder' && !text.includes(`\`${format}:DIR\``))).toEqual([]);
});

test('train scans image files first, leaves out what can’t be decoded, and refuses it with --strict', async () => {
  const data = join(folder, 'train-data');
  cpSync(join(CASES, 'data/ppm-and-png'), data, { recursive: true });
  writeFileSync(join(data, 'train/dark/cut.jpg'), 'no image');
  const config = join(CASES, 'train-ppm-and-png.json');
  const args = ['train', config, '--data', data, '--backend', 'wasm', '--output', join(folder, 'run')];
  const strict = await signwave(...args, '--strict');
  expect(strict).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/E_IMAGE 1 of 21 images can't be decoded: .*cut\.jpg/),
  });
  const { stderr } = await signwave(...args);
  expect(stderr).toMatch(/warning: 1 of 21 images can't be decoded and are left out:\n {2}.*cut\.jpg/);
});

test('MNIST’s files may be named with dots, for training and eval', async () => {
  const data = join(CASES, 'data/mnist-dots');
  const run = join(folder, 'mnist');
  const args = ['--data', data, '--backend', 'wasm', '--output', run];
  const trained = await signwave('train', join(CASES, 'train-mnist-dots.json'), ...args);
  expect(trained.code, trained.stderr).toBe(0);
  const model = join(folder, 'mnist.sgnw');
  expect(await signwave('convert', join(run, 'best.safetensors'), '-o', model)).toMatchObject({ code: 0 });
  expect((await evaluate(model, `mnist:${data}`)).json).toMatchObject({ data: 'MNIST test images', images: 2 });
});

test('the name of a folder may have blanks, other letters and a slash at its end', async () => {
  const data = join(folder, 'mes données 🍏');
  mkdirSync(join(data, '0'), { recursive: true });
  copyFileSync(join(NUMBERED, '0/image.png'), join(data, '0/une image.png'));
  expect((await evaluate(named, `folder:${data}/`)).json).toMatchObject({ data: 'mes données 🍏', images: 1, top1: 1 });
});
