import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, ownArchitecture } from '@signwave/convert';
import { readModel, type SignwaveError } from '@signwave/format';
import { beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../trainer/src/checkpoint/safetensors.js';
import { convertAt } from '../e2e/converted.js';
import { ROOT, signwave, temporaryFolder } from './signwave.js';

const TEST_IMAGES = 250;
const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const checkpoint = file('run/best.safetensors');
const convert = (...options: readonly string[]) => signwave('convert', checkpoint, '-o', file('m.sgnw'), ...options);
const recipeOf = (name: string) => {
  const [input] = readModel(readFileSync(file(name)), name).graph.nodes;
  return input?.op === 'input' ? input.recipe : undefined;
};
const CLASSES = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag'];
const OWN: Architecture = ownArchitecture({ name: 'none', classifier: 'linear', build() {} }, 'none.mjs');
/** The recipe that the run used. */
const RECIPE = '{"mean": [0.1], "std": [0.1]}';

beforeAll(async () => {
  const stage = { epochs: 1, firstEpoch: 0, weightDecay: 0, tau: 0, warmUpEpochs: 0 };
  const config = {
    architecture: 'demo_1w1a',
    omega0: 20,
    stages: { '1': { ...stage, learningRate: 0.2 }, '2': { ...stage, learningRate: 0.1 } },
    batchSize: 32,
    data: {
      format: 'fashion-mnist',
      folder: join(ROOT, 'examples/fashion-mnist'),
      trainImages: 256,
      testImages: TEST_IMAGES,
      augmentation: { flip: false },
      mean: [0.1],
      std: [0.1],
    },
    output: file('run'),
  };
  writeFileSync(file('own-mean.json'), JSON.stringify(config));
  const { code, stderr } = await signwave('train', file('own-mean.json'), '--backend', 'wasm');
  expect(code, stderr).toBe(0);
}, 60_000);

describe('a checkpoint of signwave train', () => {
  test('converts with the recipe and the classes that it was trained with, and eval is right as often as training says', async () => {
    const { code, stderr } = await convert();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(recipeOf('m.sgnw')).toEqual({
      channelOrder: 'gray',
      divisor: 255,
      mean: [Math.fround(0.1)],
      std: [Math.fround(0.1)],
    });
    const { info } = readModel(readFileSync(file('m.sgnw')), 'm.sgnw');
    expect(info.labels).toEqual([...CLASSES, 'Ankle boot']);

    const limit = ['--limit', String(TEST_IMAGES), '--json'];
    const { stdout } = await signwave('eval', file('m.sgnw'), 'fashion-mnist:examples/fashion-mnist', ...limit);
    const lines = readFileSync(file('run/metrics.jsonl'), 'utf8').trim().split('\n');
    const { testAccuracy } = JSON.parse(lines.at(-1)!);
    expect(JSON.parse(stdout).top1).toBe(Math.round(testAccuracy * TEST_IMAGES));

    const verified = await signwave('verify', file('m.sgnw'), '--checkpoint', checkpoint, '--limit', '2');
    expect(verified.stdout).toContain('gives the same bytes');
    expect(verified.code, verified.stdout).toBe(0);
  });

  test.each([
    ['class names', { labels: [...CLASSES, 'Boot'] }, 'E_LABELS', /class 9 is "Ankle boot" there and "Boot" among/],
    ['an order', { labels: ['Ankle boot', ...CLASSES] }, 'E_LABELS', /the same names in another order/],
    ['a recipe', { preprocess: 'fashion-mnist' }, 'E_USAGE', /mean 0\.1, std 0\.1.*mean 0\.286, std 0\.353/],
    ['a lack of a recipe', { preprocess: 'none' }, 'E_USAGE', /"none" was given/],
    ['an omega0', { omega0: 21 }, 'E_OMEGA0', /omega0 = 20.*omega0 = 21/],
    ['a network of one’s own', { arch: OWN }, 'E_CHECKPOINT_ARCH', /holds biper-demo_1w1a.*own-none is described/],
  ] as const)('contradicted by %s is refused with both, and how to insist', async (_, options, code, message) => {
    const refused = convertAt(checkpoint, options);
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(refused).rejects.toThrow('insist with --override');
  });

  test.each([
    ['a known network', { arch: 'resnet20_1w1a' }, 'E_CHECKPOINT_ARCH', /"resnet20_1w1a" was given; leave it out/],
    ['too few labels', { labels: ['one'] }, 'E_LABELS', /1 labels.*10 classes.*trained on 10: "T-shirt/],
  ] as const)('contradicted by %s is refused whoever insists', async (_, options, code, message) => {
    const refused = convertAt(checkpoint, { ...options, override: true });
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('says what is wrong with its metadata, if someone edited them', async () => {
    const { metadata, tensors } = readSafetensors(readFileSync(checkpoint), 'best');
    const refusal = async (change: Record<string, string>): Promise<string> => {
      writeFileSync(file('edited.safetensors'), writeSafetensors({ metadata: { ...metadata, ...change }, tensors }));
      return convertAt(file('edited.safetensors'), {}).then(
        () => expect.fail('it was converted'),
        ({ code, message }: SignwaveError) => `${code} ${message}`,
      );
    };
    expect(await refusal({ input: '{' })).toMatch(/E_CHECKPOINT_STRUCTURE .*"input" is no JSON/);
    expect(await refusal({ input: '{"height": 28, "width": 28, "channels": 1}' })).toMatch(/"input\.recipe" is absent/);
    const input = (size: number) => `{"height": ${size}, "width": ${size}, "channels": 1, "recipe": ${RECIPE}}`;
    expect(await refusal({ input: input(30) })).toMatch(/30 x 30 x 1, but that network takes squares of 28 or 32/);
    expect(await refusal({ classNames: '["one"]' })).toMatch(/name 1 classes, but its classifier has 10/);
    expect(await refusal({ classNames: '7' })).toMatch(/"classNames" is no list/);
    expect(await refusal({ weights: 'ternary' })).toMatch(/E_CHECKPOINT_ARCH .*"ternary".*biper, sign-two-stage, bnn/);
    expect(await refusal({ activations: 'dorefa' })).toMatch(/"activationBits" is missing/);
    expect(await refusal({ architecture: 'resnet99' })).toMatch(/E_CHECKPOINT_ARCH .*"resnet99".*demo_1w1a/);
    expect(await refusal({ architecture: 'resnet20_1w1a' })).toMatch(/28 x 28 x 1, but that network takes 32 x 32 x 3/);
    expect(await refusal({ weights: 'bnn', omega0: '' })).toMatch(/omega0 of its metadata/);
  });

  test('takes options that say the same without a word, and others with --override and a warning', async () => {
    writeFileSync(file('same.txt'), [...CLASSES, 'Ankle boot'].join('\n'));
    writeFileSync(file('recipe.json'), RECIPE);
    const same = [
      '--labels',
      file('same.txt'),
      '--preprocess',
      file('recipe.json'),
      '--omega0',
      '20',
      '--arch',
      'demo_1w1a',
    ];
    expect(await convert(...same)).toMatchObject({ code: 0, stderr: '' });
    const { code, stderr } = await convert('--preprocess', '{"mean": [0.2], "std": [0.1]}', '--override');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/mean 0\.1.*mean 0\.2.*is taken/) });
    expect(recipeOf('m.sgnw')?.mean).toEqual([Math.fround(0.2)]);
  });

  test('of the trainer’s first version has its recipe in its config', async () => {
    const { metadata, tensors } = readSafetensors(readFileSync(checkpoint), 'best');
    const { input: _, classNames: __, activations: ___, ...first } = metadata;
    writeFileSync(file('first.safetensors'), writeSafetensors({ metadata: first, tensors }));
    const { model: old } = await convertAt(file('first.safetensors'), {});
    const { model } = await convertAt(checkpoint, {});
    expect(old.graph).toEqual(model.graph);
    expect(old.info.labels).toBeUndefined();
  });

  test('is shown by inspect with what it says about itself, and verify sees a recipe that isn’t its', async () => {
    const { stdout } = await signwave('inspect', checkpoint);
    expect(stdout).toContain('input: 28 x 28 x 1, gray, divided by 255, mean 0.1, std 0.1');
    expect(stdout).toContain('classes: 10, "T-shirt/top", Trouser, Pullover, Dress, ...');
    expect(stdout).toContain('biper-demo_1w1a: all tensors match');
    await convert('--preprocess', 'fashion-mnist', '--override');
    const verified = await signwave('verify', file('m.sgnw'), '--checkpoint', checkpoint, '--limit', '1');
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(/FAILED +input recipe: .*mean 0\.286.*trained with .*mean 0\.1,/);
  });

  test('may be given a resize, which its images needed none of', async () => {
    const resize = '{"mode": "shorterSide", "sizePixels": 32}';
    const options = ['--preprocess', `{"mean": [0.1], "std": [0.1], "resize": ${resize}}`];
    expect(await convert(...options)).toMatchObject({ code: 0, stderr: '' });
    expect(recipeOf('m.sgnw')?.resize).toEqual({ mode: 'shorterSide', sizePixels: 32, interpolation: 'bilinear' });
  });

  test('beside a config.txt of another omega0 is refused, until one of them is named', async () => {
    mkdirSync(file('beside'));
    copyFileSync(checkpoint, file('beside/best.safetensors'));
    writeFileSync(file('beside/config.txt'), 'freq:  30.0\n');
    const args = ['convert', file('beside/best.safetensors'), '-o', file('m.sgnw')];
    expect(await signwave(...args)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/E_OMEGA0.*config\.txt has omega0 = 30.*trained with 20/),
    });
    expect(await signwave(...args, '--omega0', '20')).toMatchObject({ code: 0 });
    const { code, stdout } = await signwave('inspect', file('beside/best.safetensors'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('config.txt has omega0 = 30') });
  });
});

test.each([
  ['a recipe that is none', '{"mean": [0], "std": [0]}', 2, /E_USAGE.*--preprocess has a deviation of 0 in std/],
  ['an unknown name', 'cifar', 2, /E_USAGE.*no preprocessing is called "cifar"; known: cifar10, imagenet/],
  ['a file that isn’t there', 'nowhere.json', 1, /E_IO.*nowhere\.json/],
])('--preprocess refuses %s', async (_, recipe, code, message) => {
  expect(await convert('--preprocess', recipe)).toMatchObject({ code, stderr: expect.stringMatching(message) });
});
