import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { writeFashionMnist } from '../../data/test/node/sets/set-files.js';
import { EXAMPLE_CHECKPOINT, ROOT, temporaryFolder } from './signwave.js';

const PROGRAM = join(ROOT, 'cli/dist/signwave.mjs');
const endOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', (code) => resolve(code)));

test.skipIf(!existsSync('/dev/full'))('a full disk under stdout is an error with its code, also of help', async () => {
  for (const args of [['inspect', EXAMPLE_CHECKPOINT], ['inspect', EXAMPLE_CHECKPOINT, '--json'], ['help']]) {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });
    let stderr = '';
    child.stderr!.on('data', (text) => (stderr += text));
    expect(await endOf(child)).toBe(1);
    expect(stderr).toBe("E_IO stdout can't be written: no space left on device\n");
  }
});

test.skipIf(process.platform === 'win32')(
  'a file as stdout that has room for the beginning only is an error',
  async () => {
    const output = join(mkdtempSync(join(tmpdir(), 'signwave-test-')), 'a.json');
    onTestFinished(() => rmSync(dirname(output), { recursive: true }));
    // The shell lets no file grow beyond 1 KiB: the system takes the bytes up to there, and says so only of the next.
    const script = `ulimit -f 2; exec '${process.execPath}' '${PROGRAM}' inspect '${EXAMPLE_CHECKPOINT}' --json > '${output}'`;
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += text));
    expect(await endOf(child)).toBe(1);
    expect(stderr).toMatch(/^E_IO stdout can't be written: file too large\n$/);
    expect(statSync(output).size).toBeGreaterThan(0);
  },
);

describe.skipIf(process.platform === 'win32')('a training is saved, and can go on,', () => {
  const folder = temporaryFolder();
  const data = join(folder, 'data');

  async function begin(name: string): Promise<{ child: ChildProcess; output: string; said: () => string }> {
    if (!existsSync(data)) {
      mkdirSync(data);
      await writeFashionMnist(data, 6, 2);
    }
    const output = join(folder, name);
    const config = {
      architecture: 'demo_1w1a',
      stages: { '1': { epochs: 100_000, warmUpEpochs: 0 } },
      batchSize: 2,
      data: { format: 'fashion-mnist', folder: data },
      output,
    };
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(config));
    const args = [PROGRAM, 'train', join(folder, `${name}.json`), '--backend', 'wasm'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(stderr)));
      child.stderr!.on('data', (text) => {
        stderr += text;
        if (stderr.includes('epoch 2/')) resolve();
      });
    });
    return { child, output, said: () => stderr };
  }

  function expectSaved(output: string): void {
    expect(readdirSync(output).sort()).toEqual([
      'best.safetensors',
      'latest.safetensors',
      'metrics.jsonl',
      'report.html',
    ]);
  }

  test('when its terminal ends', async () => {
    const { child, output, said } = await begin('hung-up');
    child.kill('SIGHUP');
    expect(await endOf(child)).toBe(130);
    expect(said()).toMatch(/stopped and saved after step \d+; to go on: signwave train .*--resume/);
    expectSaved(output);
  });

  test('when nobody reads what it says', async () => {
    const { child, output } = await begin('closed');
    child.stderr!.destroy();
    expect(await endOf(child)).toBe(1);
    expectSaved(output);
  });

  test('in the middle of an epoch, though batches are always ready', async () => {
    const [images, batchSize] = [20_000, 50];
    const long = join(folder, 'long-data');
    mkdirSync(long);
    await writeFashionMnist(long, images, 2);
    const config = {
      architecture: 'demo_1w1a',
      stages: { '1': { epochs: 2, warmUpEpochs: 0 } },
      batchSize,
      metricsEverySteps: 100_000,
      data: { format: 'fashion-mnist', folder: long },
      output: join(folder, 'long'),
    };
    writeFileSync(join(folder, 'long.json'), JSON.stringify(config));
    const child = spawn(process.execPath, [PROGRAM, 'train', join(folder, 'long.json'), '--backend', 'wasm']);
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    await expect.poll(() => said, { timeout: 30_000 }).toContain('method biper');
    await sleep(3000);
    child.kill('SIGTERM');
    expect(await endOf(child)).toBe(130);
    const [, step] = /stopped and saved after step (\d+)/.exec(said) ?? [];
    expect(Number(step)).toBeLessThan(images / batchSize);
  });

  test('and the folder is its own meanwhile', async () => {
    const { child, output } = await begin('shared');
    const other = spawn(process.execPath, [
      PROGRAM,
      'train',
      join(folder, 'shared.json'),
      '--overwrite',
      '--backend',
      'wasm',
    ]);
    let stderr = '';
    other.stderr.on('data', (text) => (stderr += text));
    expect(await endOf(other)).toBe(2);
    expect(stderr).toContain(`E_USAGE another training runs in ${output}`);
    child.kill('SIGKILL');
    await endOf(child);
  });
});
