import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
