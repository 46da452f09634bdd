import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint, type StoredTensor } from '@signwave/convert';
import { bytesSource } from '@signwave/format';
import { expect, test } from 'vitest';
import { checkpoint, pickle, tensorPickle } from '../../convert/test/checkpoints/build.js';
import { describeWithShared, sharedPath } from '../shared.js';
import { EXAMPLE_CHECKPOINT, EXAMPLE_IMAGES, ROOT, signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();
const OPTIMIZER_BYTES = 2_000_000_000;
const MAX_RSS_KIB = 1_000_000;
const { dict, int, program, text } = pickle;

/** Writes the example network beside 2 GB of an optimizer's momentum, which is a hole in the file and takes no space on the disk. */
async function writeLargeCheckpoint(path: string): Promise<void> {
  const { tensors } = await openCheckpoint(bytesSource(readFileSync(EXAMPLE_CHECKPOINT), 'example.pth'));
  const floats = [...tensors.values()].filter(({ dtype }) => dtype === 'f32');
  const storages: Record<string, Uint8Array> = {};
  for (const [key, tensor] of floats.entries()) storages[key] = new Uint8Array((await tensor.readF32()).buffer);
  const elements = OPTIMIZER_BYTES / 4;
  const momentum = tensorPickle({ key: 'momentum', elements, shape: [elements], strides: [1] });
  const data = program(
    dict({
      epoch: int(2),
      state_dict: dict(Object.fromEntries(floats.map((tensor, key) => [tensor.name, tensorOf(tensor, String(key))]))),
      optimizer: dict({ momentum, name: text('SGD') }),
    }),
  );
  const file = checkpoint(data, storages, [
    {
      name: 'archive/data/momentum',
      data: new Uint8Array(0),
      claim: { size: OPTIMIZER_BYTES, storedSize: OPTIMIZER_BYTES },
    },
  ]);
  // The last entry, archive/version, and the directory lie behind the hole, so their offsets change.
  const view = new DataView(file.buffer, file.byteOffset);
  const directory = view.getUint32(file.length - 6, true);
  const lastRecord =
    directory +
    file
      .subarray(directory)
      .findLastIndex(
        (_, i) => view.getUint32(directory + Math.min(i, file.length - directory - 4), true) === 0x02014b50,
      );
  const hole = view.getUint32(lastRecord + 42, true);
  view.setUint32(lastRecord + 42, hole + OPTIMIZER_BYTES, true);
  view.setUint32(file.length - 6, directory + OPTIMIZER_BYTES, true);
  const handle = openSync(path, 'w');
  writeSync(handle, file, 0, hole, 0);
  writeSync(handle, file, hole, file.length - hole, hole + OPTIMIZER_BYTES);
  closeSync(handle);
}

function tensorOf({ shape }: StoredTensor, key: string): Uint8Array {
  let elements = 1;
  const strides = [...shape].reverse().map((side) => {
    const stride = elements;
    elements *= side;
    return stride;
  });
  return tensorPickle({ key, elements, shape, strides: strides.reverse() });
}

/** Converts in a process of its own. @returns its peak memory and the CPU time that it took. */
function convertWatched(name: string, args: readonly string[]): { rssKib: number; cpuSeconds: number; output: string } {
  const [hook, usage, output] = [`${name}.cjs`, `${name}.json`, `${name}.sgnw`].map((it) => join(folder, it)) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    hook,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(usage)}, JSON.stringify(process.resourceUsage())));`,
  );
  const program = join(ROOT, 'cli/dist/signwave.mjs');
  execFileSync(process.execPath, ['--require', hook, program, 'convert', ...args, '-o', output]);
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(readFileSync(usage, 'utf8')) as NodeJS.ResourceUsage;
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  console.log(`${name}: ${(maxRSS / 1024).toFixed(0)} MiB resident at most, ${cpuSeconds.toFixed(1)} s of a processor`);
  return { rssKib: maxRSS, cpuSeconds, output };
}

/** The CPU time that a process of its own takes to read a file and add the sines of its floats: a measure of the machine, 12 of which are a conversion. */
function sineSeconds(path: string): number {
  const program = `
    const bytes = require('fs').readFileSync(process.argv[1]);
    const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    let sum = 0;
    for (const value of floats) sum += Math.sin(20 * value) || 0;
    if (!Number.isFinite(sum)) throw new Error('no sum');
    const { userCPUTime, systemCPUTime } = process.resourceUsage();
    console.log((userCPUTime + systemCPUTime) / 1e6);`;
  const runs = [1, 2, 3].map(() => Number(execFileSync(process.execPath, ['-e', program, path], { encoding: 'utf8' })));
  return runs.sort((a, b) => a - b)[1]!;
}

test('a checkpoint of 2 GB with optimizer state converts in less than 1 GB of memory', {
  timeout: 300_000,
}, async () => {
  const large = join(folder, 'large.pth');
  await writeLargeCheckpoint(large);
  expect(statSync(large).size).toBeGreaterThan(OPTIMIZER_BYTES);
  const { rssKib, output } = convertWatched('large', [large, '--omega0', '20']);
  expect(rssKib).toBeLessThan(MAX_RSS_KIB);
  const { stdout } = await signwave('compare', output, output, '--images', EXAMPLE_IMAGES, '--limit', '1');
  expect(stdout).toContain('same first class on 1 of 1');
});

describeWithShared('ImageNet’s ResNet-18', () => {
  const path = (): string => sharedPath('checkpoints/biper-resnet18-imagenet/model_best.pth.tar')!;

  test('converts in less than 300 MB of memory and 20 times the time that the sine of each of its floats takes', {
    timeout: 300_000,
  }, () => {
    const { rssKib, cpuSeconds } = convertWatched('resnet18', [path()]);
    expect(rssKib).toBeLessThan(300_000);
    expect(cpuSeconds / sineSeconds(path())).toBeLessThan(20);
  });

  test('takes at most 2.2 MB with its float weights in i8', { timeout: 300_000 }, () => {
    const { output } = convertWatched('small', [path(), '--head', 'i8', '--downsample', 'i8', '--stem', 'i8']);
    expect(statSync(output).size).toBeLessThanOrEqual(2_200_000);
  });
});
