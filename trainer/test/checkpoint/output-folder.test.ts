import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { verifySameConfig } from '../../src/checkpoint/compare-configs.js';
import { prepareFolder, writeRunFile } from '../../src/checkpoint/output-folder.js';
import { parseConfig } from '../../src/config/parse-config.js';

describe('the output folder', () => {
  test('is made with those above it, and left empty', async () => {
    const folder = join(await temporaryFolder(), 'a', 'b');
    await prepareFolder(folder);
    expect(await readdir(folder)).toEqual([]);
  });

  test('that is a file is refused before training starts', async () => {
    const path = join(await temporaryFolder(), 'a');
    await writeFile(path, '');
    await expect(prepareFolder(path)).rejects.toMatchObject({ code: 'E_IO', message: expect.stringContaining(path) });
  });

  test('that would lie under a file is refused', async () => {
    const path = join(await temporaryFolder(), 'a');
    await writeFile(path, '');
    await expect(prepareFolder(join(path, 'run'))).rejects.toMatchObject({
      code: 'E_IO',
      message: expect.stringContaining('not a directory'),
    });
  });

  test('that may not be written to is refused', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'root may write anywhere');
    skip(process.platform === 'win32', 'Windows has no such permission');
    const folder = await temporaryFolder();
    await chmod(folder, 0o500);
    await expect(prepareFolder(folder)).rejects.toMatchObject({ code: 'E_IO' });
    await chmod(folder, 0o700);
  });
});

describe('writing', () => {
  test('replaces a file and leaves nothing else', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'latest');
    await writeRunFile(path, Uint8Array.of(1));
    await writeRunFile(path, Uint8Array.of(2, 3));
    expect([...(await readFile(path))]).toEqual([2, 3]);
    expect(await readdir(folder)).toEqual(['latest']);
  });

  test('that fails is an error with the reason, and leaves no temporary file', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'latest', 'full'), { recursive: true });
    await expect(writeRunFile(join(folder, 'latest'), Uint8Array.of(1))).rejects.toMatchObject({ code: 'E_IO' });
    expect(await readdir(folder)).toEqual(['latest']);
  });
});

describe('the config of a resumed run', () => {
  const CONFIG = { architecture: 'resnet20_1w1a', data: { format: 'cifar10', folder: 'data' }, output: 'runs/a' };
  const parse = (more: object) => parseConfig(JSON.stringify({ ...CONFIG, ...more }), 'a.json');

  test('may name other folders', () => {
    const moved = parse({ data: { format: 'cifar10', folder: 'elsewhere' }, output: 'runs/b', metricsEverySteps: 1 });
    expect(() => verifySameConfig('a', parse({}), moved)).not.toThrow();
    expect(() => verifySameConfig('a', JSON.parse(JSON.stringify(parse({}))), moved)).not.toThrow();
  });

  test.each([
    [
      'learning rate',
      { stages: { '1': { learningRate: 0.5 } } },
      'stages.1.learningRate = 0.021, but the config has 0.5',
    ],
    ['architecture', { architecture: 'vgg_small_1w1a' }, 'architecture = "resnet20_1w1a", but the config has "vgg'],
    ['stages', { stages: { '1': {} } }, 'but the config has nothing'],
    ['batch size', { batchSize: 64 }, 'batchSize = 256, but the config has 64'],
  ])('may not change its %s', (_, more, message) => {
    expect(() => verifySameConfig('a', parse({}), parse(more))).toThrow(expect.objectContaining({ code: 'E_RESUME' }));
    expect(() => verifySameConfig('a', parse({}), parse(more))).toThrow(message);
  });
});
