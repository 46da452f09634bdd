import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeFashionMnist } from '../../../data/test/node/sets/set-files.js';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.js';
import { readCheckpoint, writeCheckpoint } from '../../src/checkpoint/training-state.js';
import { parseConfig, type TrainConfig } from '../../src/config/parse-config.js';
import { createNetwork } from '../../src/models/index.js';
import { seededRandom } from '../../src/random.js';
import type { EpochMetrics } from '../../src/run/metrics.js';
import { type TrainOptions, train } from '../../src/run/train.js';

const BACKENDS = ['cpu', 'wasm'] as const;
type Backend = (typeof BACKENDS)[number];
/** Steps after which runs are cut; 3 is the end of an epoch, 6 that of the first stage. The cpu back end is slow. */
const CUTS: Readonly<Record<Backend, readonly (readonly number[])[]>> = {
  cpu: [[2, 7]],
  wasm: [[1], [3], [6], [2, 4, 8]],
};
const STAGE = { epochs: 2, learningRate: 0.05, weightDecay: 1e-4, tau: 1e-3, warmUpEpochs: 0 };

/** The demo network on 6 images of noise, 3 steps an epoch: 6 in the first stage, 3 in the second. */
async function smallConfig(folder: string, output: string, more: object = {}): Promise<TrainConfig> {
  const data = join(folder, 'data');
  const config = {
    architecture: 'demo_1w1a',
    stages: { '1': STAGE, '2': STAGE },
    batchSize: 2,
    data: { format: 'fashion-mnist', folder: data },
    seed: 5,
    output: join(folder, output),
    metricsEverySteps: 1,
    ...more,
  };
  return parseConfig(JSON.stringify(config), 'small.json');
}

async function folderWithData(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'data'));
  await writeFashionMnist(join(folder, 'data'), 6, 2);
  return folder;
}

async function run(config: TrainConfig, backend: Backend, more: Partial<TrainOptions> = {}) {
  return train({ config, backend: await chooseBackend({ force: backend }), ...more });
}

/** Run until `steps` steps are done in all, then stop as Ctrl-C does. */
async function runUntil(config: TrainConfig, backend: Backend, steps: number, resume: boolean) {
  const abort = new AbortController();
  const observer = {
    step: ({ step }: { readonly step: number }) => {
      if (step >= steps) abort.abort();
    },
  };
  return run(config, backend, { resume, signal: abort.signal, observer });
}

const read = (config: TrainConfig, name: string) => readFile(join(config.output, name));

describe.each(BACKENDS)('a run on %s', (backend) => {
  test('cut at any step and resumed gives the same bytes as an uncut one', async () => {
    const folder = await folderWithData();
    const whole = await smallConfig(folder, 'whole');
    await run(whole, backend);
    const names = ['latest.safetensors', 'best.safetensors', 'best-stage1.safetensors'];
    // The folder is part of a checkpoint's config: each run takes the same one, in turn.
    const expected = await Promise.all(names.map((name) => read(whole, name)));
    for (const cuts of CUTS[backend]) {
      for (const [i, steps] of cuts.entries()) {
        const { isComplete } = await runUntil(whole, backend, steps, i > 0 ? true : await restart(whole));
        expect(isComplete).toBe(false);
      }
      await run(whole, backend, { resume: true });
      const found = await Promise.all(names.map((name) => read(whole, name)));
      for (const [i, bytes] of found.entries())
        expect(bytes.equals(expected[i]!), `${names[i]} cut at ${cuts}`).toBe(true);
      const lines = (await read(whole, 'metrics.jsonl'))
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines.filter(({ kind }) => kind === 'step').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });
});

test('a run with alternating flips and another momentum of batch norm gives the same bytes when it is cut', async () => {
  const folder = await folderWithData();
  const data = {
    format: 'fashion-mnist',
    folder: join(folder, 'data'),
    augmentation: { flip: 'alternate', cropPadding: 2 },
  };
  const config = await smallConfig(folder, 'a', { data, network: { normMomentum: 0.2 } });
  await run(config, 'wasm');
  const whole = await read(config, 'latest.safetensors');
  for (const [i, steps] of [2, 5, 7].entries()) {
    await runUntil(config, 'wasm', steps, i > 0 ? true : await restart(config));
  }
  await run(config, 'wasm', { resume: true });
  expect((await read(config, 'latest.safetensors')).equals(whole)).toBe(true);

  // Both change what is trained.
  for (const other of [{ network: { normMomentum: 0.2 } }, { data }]) {
    await run(await smallConfig(folder, 'b', other), 'wasm', { overwrite: true });
    const { tensors } = readSafetensors(await read(config, 'latest.safetensors'), 'a');
    const mean = (it: typeof tensors) => it.find(({ name }) => name === 'bn1.running_mean')!.data;
    const found = readSafetensors(await readFile(join(folder, 'b/latest.safetensors')), 'b').tensors;
    expect(mean(found)).not.toEqual(mean(tensors));
  }
});

/** Empties the output folder. @returns false, for `resume`. */
async function restart(config: TrainConfig): Promise<false> {
  await rm(config.output, { recursive: true });
  return false;
}

describe('a run', () => {
  test('goes through both stages and leaves checkpoints, metrics and a report', async () => {
    const folder = await folderWithData();
    const config = await smallConfig(folder, 'a');
    const epochs: EpochMetrics[] = [];
    const result = await run(config, 'wasm', { observer: { epoch: (metrics) => epochs.push(metrics) } });
    expect(result.isComplete).toBe(true);
    expect(epochs.map(({ stage, epoch, step }) => [stage, epoch, step])).toEqual([
      ['1', 0, 3],
      ['1', 1, 6],
      ['2', 1, 9],
    ]);
    expect((await readdir(config.output)).sort()).toEqual([
      'best-stage1.safetensors',
      'best.safetensors',
      'latest.safetensors',
      'metrics.jsonl',
      'report.html',
    ]);
    const lines = (await read(config, 'metrics.jsonl')).toString().trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).kind).join(' ')).toBe(
      'step step step epoch step step step epoch step step step epoch',
    );
    const best = readCheckpoint(await read(config, 'best.safetensors'), 'best');
    expect(best.state).toMatchObject({ stage: '2', step: 9, backend: 'wasm' });
    expect([...best.tensors.keys()].some((name) => name.startsWith('optimizer.'))).toBe(false);
    const report = (await read(config, 'report.html')).toString();
    expect(report).toContain('Quantization error by layer');
    expect(report).not.toMatch(/<script|src=|NaN/);
  });

  test('keeps no tensors', async () => {
    const folder = await folderWithData();
    const config = await smallConfig(folder, 'a', { stages: { '1': { ...STAGE, epochs: 3 } } });
    const { tf } = await chooseBackend({ force: 'wasm' });
    const before = tf.memory().numTensors;
    const during: number[] = [];
    await run(config, 'wasm', { observer: { step: () => during.push(tf.memory().numTensors) } });
    expect(new Set(during).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('of stage 1 alone says first that its weights stay waves', async () => {
    const folder = await folderWithData();
    const lines: string[] = [];
    const log = (line: string) => void (line.startsWith('without stage 2') && lines.push(line));
    await run(await smallConfig(folder, 'a', { stages: { '1': { ...STAGE, epochs: 1 } } }), 'wasm', { log });
    expect(lines).toEqual([expect.stringContaining('without stage 2 the weights stay sin(omega0 w)')]);
    const quantizers = { weights: 'bnn' };
    await run(await smallConfig(folder, 'b', { stages: { '1': { ...STAGE, epochs: 1 } }, quantizers }), 'wasm', {
      log,
    });
    expect(lines).toHaveLength(1);
  });

  test('that diverges stops with the step and the layer named, and keeps the last epoch', async () => {
    const folder = await folderWithData();
    const config = await smallConfig(folder, 'a', { stages: { '1': { ...STAGE, epochs: 40, learningRate: 1e30 } } });
    await expect(run(config, 'wasm')).rejects.toMatchObject({
      code: 'E_TRAINING',
      message: expect.stringMatching(/the loss became \S+ in step \d+ .* "\S+"/),
    });
  });

  test('isn’t replaced unless asked for', async () => {
    const folder = await folderWithData();
    const config = await smallConfig(folder, 'a', { stages: { '2': STAGE } });
    await run(config, 'wasm');
    await expect(run(config, 'wasm')).rejects.toMatchObject({ code: 'E_USAGE' });
    expect((await run(config, 'wasm', { overwrite: true })).state.step).toBe(3);
  });

  test('is resumed only from a checkpoint of its own', async () => {
    const folder = await folderWithData();
    const config = await smallConfig(folder, 'a', { stages: { '2': STAGE } });
    await expect(run(config, 'wasm', { resume: true })).rejects.toMatchObject({
      code: 'E_RESUME',
      message: expect.stringMatching(/latest\.safetensors can't be read: no such file/),
    });
    await run(config, 'wasm');
    const other = await smallConfig(folder, 'a', { stages: { '2': STAGE }, seed: 6 });
    await expect(run(other, 'wasm', { resume: true })).rejects.toMatchObject({
      code: 'E_RESUME',
      message: expect.stringContaining('seed = 5, but the config has 6'),
    });
    const path = join(config.output, 'latest.safetensors');
    await writeFile(path, (await readFile(path)).subarray(0, -1));
    await expect(run(config, 'wasm', { resume: true })).rejects.toMatchObject({ code: 'E_CHECKPOINT_STRUCTURE' });
  });

  test('isn’t resumed from another network’s tensors, and its metrics stay', async () => {
    const folder = await folderWithData();
    const config = await smallConfig(folder, 'a', { stages: { '2': STAGE } });
    await run(config, 'wasm');
    const { state, facts } = readCheckpoint(await read(config, 'latest.safetensors'), 'latest');
    const backend = await chooseBackend({ force: 'wasm' });
    const other = createNetwork('resnet20_1w1a', { backend, random: seededRandom(1), classes: 10, omega0: 20 });
    const forged = await writeCheckpoint(other, [], { ...state, step: 0 }, facts!);
    other.dispose();
    await writeFile(join(config.output, 'latest.safetensors'), forged);
    const metrics = await read(config, 'metrics.jsonl');
    await expect(run(config, 'wasm', { resume: true })).rejects.toMatchObject({
      code: 'E_RESUME',
      message: expect.stringMatching(/"conv1\.weight" is \(16, 3, 3, 3\), but demo_1w1a has/),
    });
    expect(await read(config, 'metrics.jsonl')).toEqual(metrics);
  });

  test('isn’t resumed on data whose classes are others, nor taught by such a teacher', async () => {
    const folder = await folderWithData();
    const config = await smallConfig(folder, 'a', { stages: { '2': STAGE } });
    await run(config, 'wasm');
    const path = join(config.output, 'latest.safetensors');
    const { metadata, tensors } = readSafetensors(await readFile(path), path);
    const classNames = metadata.classNames!.replace('"Dress","Coat"', '"Coat","Dress"');
    await writeFile(path, writeSafetensors({ metadata: { ...metadata, classNames }, tensors }));
    await expect(run(config, 'wasm', { resume: true })).rejects.toMatchObject({
      code: 'E_RESUME',
      message: expect.stringMatching(/class 3 is "Coat", but it is "Dress" in those of this run/),
    });
    const distillation = { teacher: path, architecture: 'demo_1w1a' };
    const student = await smallConfig(folder, 'student', { stages: { '2': STAGE }, distillation });
    await expect(run(student, 'wasm')).rejects.toMatchObject({ message: expect.stringContaining('class 3 is "Coat"') });
  });

  test('of images that the network can’t take is refused', async () => {
    const folder = await folderWithData();
    const config = await smallConfig(folder, 'a', { architecture: 'resnet20_1w1a' });
    await expect(run(config, 'wasm')).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringMatching(
        /takes images of 32 x 32 x 3, but those of Fashion-MNIST training images have 28 x 28 x 1/,
      ),
    });
  });

  test('learns from a teacher, too', async () => {
    const folder = await folderWithData();
    const teacher = await smallConfig(folder, 'teacher', { stages: { '2': STAGE } });
    await run(teacher, 'wasm');
    const distillation = { teacher: join(teacher.output, 'best.safetensors'), architecture: 'demo_1w1a' };
    const config = await smallConfig(folder, 'student', {
      stages: { '1': { ...STAGE, epochs: 1 } },
      distillation,
      seed: 8,
    });
    expect((await run(config, 'wasm')).isComplete).toBe(true);
  });
});
