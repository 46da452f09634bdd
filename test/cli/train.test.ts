import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();

/** Writes a config of one epoch of the demo network on 16 images. */
function config(name: string, more: object = {}): string {
  const path = join(folder, `${name}.json`);
  const content = {
    architecture: 'demo_1w1a',
    stages: { '2': { epochs: 1, firstEpoch: 0, warmUpEpochs: 0 } },
    batchSize: 8,
    data: { format: 'fashion-mnist', folder: 'examples/fashion-mnist', trainImages: 16, testImages: 10 },
    output: join(folder, name),
    ...more,
  };
  writeFileSync(path, JSON.stringify(content));
  return path;
}

describe('train', () => {
  test('trains, tells where things are, and goes on only when asked to', async () => {
    const path = config('run');
    const { code, stdout, stderr } = await signwave('train', path, '--backend', 'wasm', '--json');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ isComplete: true, backend: 'wasm', stage: '2', step: 2 });
    expect(existsSync(join(folder, 'run', 'report.html'))).toBe(true);
    expect(stderr).toContain('stage 2, epoch 1/1');

    const again = await signwave('train', path, '--backend', 'wasm');
    expect(again).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has a run in it; go on with it by --resume'),
    });
    const resumed = await signwave('train', path, '--backend', 'wasm', '--resume');
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('best test accuracy') });
  });

  test.each([
    ['an unknown key', { epochs: 3 }, 'E_CONFIG'],
    ['a folder without data', { data: { format: 'fashion-mnist', folder: 'docs' } }, 'E_DATA'],
  ])('refuses %s before it starts', async (_, more, expected) => {
    const { code, stderr } = await signwave('train', config('bad', more), '--backend', 'wasm');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(expected) });
  });
});

describe('train --init', () => {
  const init = (...args: string[]) => signwave('train', '--init', 'ir-net', '--network', 'demo_1w1a', ...args);

  test('writes a config that trains as it is, if the data are named', async () => {
    const path = join(folder, 'ir-net.json');
    const { code, stderr } = await init('--data', 'examples/fashion-mnist', '-o', path);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`signwave train ${path}`) });
    const text = readFileSync(path, 'utf8');
    const schema = /"\$schema": "(.*)"/.exec(text)![1]!;
    expect(existsSync(resolve(folder, schema))).toBe(true);
    const epochs = /"epochs": \d+/;
    expect(text).toMatch(epochs);
    writeFileSync(
      path,
      text.replace(epochs, '"epochs": 1').replace('"mean"', '"trainImages": 16, "testImages": 10, "mean"'),
    );
    const trained = await signwave('train', path, '--backend', 'wasm', '--output', join(folder, 'ir-net'), '--json');
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toContain('method ir-net: IR-Net (Qin et al., CVPR 2020)');
    expect(JSON.parse(trained.stdout)).toMatchObject({ isComplete: true, step: 1 });
  });

  test('prints the config if no file is named', async () => {
    const { code, stdout } = await init();
    expect(code).toBe(0);
    expect(stdout).toContain('"method": "ir-net"');
  });

  test('replaces a file only if told to', async () => {
    const path = join(folder, 'mine.json');
    writeFileSync(path, 'mine');
    expect(await init('-o', path)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('exists; replace it by --overwrite'),
    });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(await init('-o', path, '--overwrite')).toMatchObject({ code: 0 });
    expect(readFileSync(path, 'utf8')).toContain('"method": "ir-net"');
  });

  test.each([
    [
      'an unknown method',
      ['--init', 'irnet', '--network', 'demo_1w1a'],
      1,
      'no method is called "irnet"; known: biper',
    ],
    [
      'an unknown network',
      ['--init', 'ir-net', '--network', 'resnet'],
      1,
      'no network is called "resnet"; known: resnet20_1w1a',
    ],
    ['no network', ['--init', 'ir-net'], 2, '--network resnet20_1w1a'],
    ['a config beside it', ['a.json', '--init', 'ir-net', '--network', 'demo_1w1a'], 2, 'leave out a.json'],
    ['a network without it', ['a.json', '--network', 'demo_1w1a'], 2, '--network belongs to --init'],
    ['neither', [], 2, 'name a config; to write one'],
  ])('refuses %s', async (_, args, code, message) => {
    expect(await signwave('train', ...args)).toMatchObject({ code, stderr: expect.stringContaining(message) });
  });
});
