import { existsSync, promises, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { writeFashionMnist } from '../../../data/test/node/sets/set-files.js';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { prepareFolder } from '../../src/checkpoint/output-folder.js';
import { readCheckpoint } from '../../src/checkpoint/training-state.js';
import { parseConfig } from '../../src/config/parse-config.js';
import { MetricsFile } from '../../src/run/metrics.js';
import { train } from '../../src/run/train.js';

// A full disk: files can still be made, but each takes half of what is written to it and then fails, as a file system does that fills up.
const original = promises.open;
const originalMkdir = promises.mkdir;
let isFull = false;

beforeAll(() => {
  promises.open = async (...args) => {
    const file = await original(...args);
    const write = file.writeFile.bind(file);
    file.writeFile = async (data) => {
      if (!isFull) return write(data);
      await write((data as Uint8Array).subarray(0, (data as Uint8Array).length / 2));
      throw Object.assign(new Error('ENOSPC'), { errno: -28, code: 'ENOSPC' });
    };
    return file;
  };
  promises.mkdir = (async (path, options) => {
    if (!isFull) return originalMkdir(path, options);
    // Node 20 says ENOENT of a disk that is full.
    const code = (options as { recursive?: boolean } | undefined)?.recursive ? 'ENOENT' : 'ENOSPC';
    throw Object.assign(new Error(code), { errno: code === 'ENOENT' ? -2 : -28, code });
  }) as typeof promises.mkdir;
  syncBuiltinESMExports();
});

afterAll(() => {
  promises.open = original;
  promises.mkdir = originalMkdir;
  syncBuiltinESMExports();
});

const STAGE = { epochs: 2, learningRate: 0.05, weightDecay: 1e-4, tau: 1e-3, warmUpEpochs: 0 };
const KEPT = ['latest.safetensors', 'best.safetensors'];

test('a disk that fills up loses nothing written, and the run goes on to the same bytes', {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'data'));
  await writeFashionMnist(join(folder, 'data'), 8, 2);
  const output = join(folder, 'run');
  const text = {
    architecture: 'demo_1w1a',
    stages: { '1': STAGE },
    batchSize: 4,
    data: { format: 'fashion-mnist', folder: join(folder, 'data') },
    output,
  };
  const config = parseConfig(JSON.stringify(text), 'a.json');
  const backend = await chooseBackend({ force: 'wasm' });
  const filesOf = () => Promise.all(KEPT.map((name) => readFile(join(output, name))));
  // toEqual takes seconds for a megabyte.
  const expectFiles = async (expected: readonly Buffer[]) => {
    for (const [i, bytes] of (await filesOf()).entries()) expect(bytes.equals(expected[i]!), KEPT[i]).toBe(true);
  };
  await train({ config, backend });
  const whole = await filesOf();

  let written: Buffer[] = [];
  const observer = {
    epoch: ({ epoch }: { readonly epoch: number }) => {
      if (epoch !== 0) return;
      written = KEPT.map((name) => readFileSync(join(output, name)));
      isFull = true;
    },
  };
  await expect(train({ config, backend, overwrite: true, observer })).rejects.toMatchObject({
    code: 'E_IO',
    message: expect.stringMatching(/can't be written: no space left on device; what was written before is whole/),
  });
  await expectFiles(written);
  expect(readCheckpoint(written[0]!, 'latest').state).toMatchObject({ epoch: 1, step: 2 });
  expect((await readdir(output)).filter((name) => name.endsWith('.tmp'))).toEqual([]);

  isFull = false;
  await train({ config, backend, resume: true });
  await expectFiles(whole);
});

test('a folder that no longer fits is an error with the reason', async () => {
  const folder = join(await temporaryFolder(), 'run');
  isFull = true;
  onTestFinished(() => {
    isFull = false;
  });
  await expect(prepareFolder(folder)).rejects.toMatchObject({
    code: 'E_IO',
    message: expect.stringContaining("can't be written to: no space left on device"),
  });
});

test('metrics that no longer fit are an error with the reason', async ({ skip }) => {
  skip(!existsSync('/dev/full'), 'this system has no /dev/full');
  const line = { kind: 'epoch', stage: '1', epoch: 0, step: 1 } as Parameters<MetricsFile['append']>[0];
  await expect(new MetricsFile('/dev/full').append(line)).rejects.toMatchObject({
    code: 'E_IO',
    message: "/dev/full can't be written: no space left on device",
  });
});
