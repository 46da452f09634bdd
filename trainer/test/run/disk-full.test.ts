import { existsSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { readCheckpoint } from '../../src/checkpoint/training-state.js';
import { parseConfig } from '../../src/config/parse-config.js';
import { MetricsFile } from '../../src/run/metrics.js';
import { train } from '../../src/run/train.js';
import { writeFashionMnist } from '../data/data-files.js';
import { temporaryFolder } from '../temp-folder.js';

// A full disk: files can still be made, but each takes half of what is written to it and then fails, as a file system does that fills up.
const disk = vi.hoisted(() => ({ isFull: false }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const open = async (...args: Parameters<typeof original.open>): Promise<FileHandle> => {
    const file = await original.open(...args);
    const write = file.writeFile.bind(file);
    file.writeFile = async (data) => {
      if (!disk.isFull) return write(data);
      await write((data as Uint8Array).subarray(0, (data as Uint8Array).length / 2));
      throw Object.assign(new Error('ENOSPC'), { errno: -28, code: 'ENOSPC' });
    };
    return file;
  };
  return { ...original, open };
});

const STAGE = { epochs: 3, learningRate: 0.05, weightDecay: 1e-4, tau: 1e-3, warmUpEpochs: 0 };
const KEPT = ['latest.safetensors', 'best.safetensors'];

beforeEach(() => {
  disk.isFull = false;
});

test('a disk that fills up while a run is saved loses nothing written, and the run goes on to the same bytes', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'data'));
  await writeFashionMnist(join(folder, 'data'), 10, 4);
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
  await train({ config, backend });
  const whole = await filesOf();

  let written: Buffer[] = [];
  const fillUp = async (): Promise<void> => {
    written = await filesOf();
    disk.isFull = true;
  };
  const filling: Promise<void>[] = [];
  const observer = { epoch: ({ epoch }: { readonly epoch: number }) => void (epoch === 1 && filling.push(fillUp())) };
  await expect(train({ config, backend, overwrite: true, observer })).rejects.toMatchObject({
    code: 'E_IO',
    message: expect.stringMatching(/can't be written: no space left on device; what was written before is whole/),
  });
  await Promise.all(filling);
  expect(await filesOf()).toEqual(written);
  expect(readCheckpoint(written[0]!, 'latest').state).toMatchObject({ epoch: 2, step: 6 });
  expect((await readdir(output)).filter((name) => name.endsWith('.tmp'))).toEqual([]);

  disk.isFull = false;
  await train({ config, backend, resume: true });
  expect(await filesOf()).toEqual(whole);
});

test('metrics that no longer fit are an error with the reason', async ({ skip }) => {
  skip(!existsSync('/dev/full'), 'this system has no /dev/full');
  const line = { kind: 'epoch', stage: '1', epoch: 0, step: 1 } as Parameters<MetricsFile['append']>[0];
  await expect(new MetricsFile('/dev/full').append(line)).rejects.toMatchObject({
    code: 'E_IO',
    message: "/dev/full can't be written: no space left on device",
  });
});
