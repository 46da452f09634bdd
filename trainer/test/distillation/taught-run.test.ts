import { copyFile, mkdir, mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFashionMnist } from '../../../data/test/node/sets/set-files.js';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { readSafetensors, type StoredTensor } from '../../src/checkpoint/safetensors.js';
import { parseConfig, type TrainConfig } from '../../src/config/parse-config.js';
import type { StepMetrics } from '../../src/run/metrics.js';
import { type TrainOptions, train } from '../../src/run/train.js';

let folder: string;
let teacher: string;

/** Four epochs of three steps on 6 images of noise, in 18 views each: some come again, most don't. */
function configOf(output: string, more: object): TrainConfig {
  const written = {
    architecture: 'demo_1w1a',
    stages: { '1': { epochs: 4, learningRate: 0.05, warmUpEpochs: 0 } },
    batchSize: 2,
    data: {
      format: 'fashion-mnist',
      folder: join(folder, 'data'),
      augmentation: { cropPadding: 1, flip: 'alternate' },
    },
    seed: 5,
    output: join(folder, output),
    metricsEverySteps: 1,
    ...more,
  };
  return parseConfig(JSON.stringify(written), 'taught.json');
}

const student = (output: string, cache?: string, more: object = {}) =>
  configOf(output, {
    distillation: { teacher, architecture: 'demo_float', ...(cache && { cache: join(folder, cache) }) },
    ...more,
  });

async function run(config: TrainConfig, more: Partial<TrainOptions> = {}) {
  return train({ config, backend: await chooseBackend({ force: 'wasm' }), ...more });
}

const latest = (config: TrainConfig) => readFile(join(config.output, 'latest.safetensors'));
const tensorsOf = async (config: TrainConfig): Promise<readonly StoredTensor[]> =>
  readSafetensors(await latest(config), 'latest').tensors;

/** The largest difference of two numbers at the same place. */
function differenceOf(found: readonly StoredTensor[], expected: readonly StoredTensor[]): number {
  expect(found.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
  const differences = found.flatMap(({ data }, i) =>
    Array.from(data, (value, j) => Math.abs(value - expected[i]!.data[j]!)),
  );
  return differences.reduce((largest, it) => Math.max(largest, it), 0);
}

async function lossesOf({ output }: TrainConfig): Promise<number[]> {
  const lines = (await readFile(join(output, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as StepMetrics)
    .filter(({ kind }) => kind === 'step')
    .map(({ loss }) => loss);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signwave-taught-'));
  await mkdir(join(folder, 'data'));
  await writeFashionMnist(join(folder, 'data'), 6, 2);
  const config = configOf('teacher', { architecture: 'demo_float', method: 'full-precision', seed: 9 });
  await run(config);
  teacher = join(config.output, 'best.safetensors');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a run that keeps its teacher’s logits', () => {
  test('has the losses and the weights of one that doesn’t, and so has one that finds all of them', async () => {
    const plain = student('plain');
    await run(plain);
    const written: Buffer[] = [];
    for (const output of ['filling', 'reading']) {
      const config = student(output, 'a.logits');
      const lines: string[] = [];
      await run(config, { log: (line) => lines.push(line) });
      expect(lines).toContainEqual(expect.stringMatching(/^the teacher's logits are taken from .*a\.logits/));
      const [found, expected] = [await lossesOf(config), await lossesOf(plain)];
      expect(found).toHaveLength(12);
      for (const [i, loss] of found.entries()) expect(loss).toBeCloseTo(expected[i]!, 5);
      expect(differenceOf(await tensorsOf(config), await tensorsOf(plain))).toBeLessThan(5e-6);
      written.push(await readFile(join(folder, 'a.logits')));
    }
    expect(written[1]!.equals(written[0]!)).toBe(true);
  });

  test('gives the same bytes if it is cut and resumed, and keeps as many tensors', async () => {
    const config = student('cut', 'c.logits');
    const { tf } = await chooseBackend({ force: 'wasm' });
    const before = tf.memory().numTensors;
    const counts = new Set<number>();
    await run(config, { observer: { step: () => void counts.add(tf.memory().numTensors) } });
    expect(counts.size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
    const whole = await latest(config);

    for (const isKept of [true, false]) {
      if (!isKept) await rm(join(folder, 'c.logits'));
      await rm(config.output, { recursive: true });
      const abort = new AbortController();
      await run(config, { signal: abort.signal, observer: { step: ({ step }) => void (step >= 4 && abort.abort()) } });
      await run(config, { resume: true });
      expect((await latest(config)).equals(whole)).toBe(true);
    }
  });

  test('goes on from a cache that a killed run has left in the middle of a view', async () => {
    const config = student('killed', 'd.logits');
    await run(config);
    const whole = await tensorsOf(config);
    const path = join(folder, 'd.logits');
    const { size } = await stat(path);
    await copyFile(path, `${path}.whole`);
    await truncate(path, Math.floor((4096 + size) / 2) + 5);
    await run(config, { overwrite: true });
    expect(differenceOf(await tensorsOf(config), whole)).toBeLessThan(5e-6);
    expect((await stat(path)).size).toBe(size);
  });

  test('refuses the cache of another teacher, of other images and of other views', async () => {
    await run(student('e', 'e.logits'));
    const other = configOf('f', { architecture: 'demo_float', method: 'full-precision', seed: 10 });
    await run(other);
    const refused = (config: TrainConfig, message: RegExp) =>
      expect(run(config)).rejects.toMatchObject({ code: 'E_CONFIG', message: expect.stringMatching(message) });
    const cache = join(folder, 'e.logits');
    const distillation = { architecture: 'demo_float', cache };
    const another = join(other.output, 'best.safetensors');
    await refused(student('g', undefined, { distillation: { ...distillation, teacher: another } }), /another teacher/);
    const data = { format: 'fashion-mnist', folder: join(folder, 'data'), augmentation: { cropPadding: 1 } };
    await refused(student('g', 'e.logits', { data: { ...data, trainImages: 4 } }), /another training images/);
    const wider = { ...data, augmentation: { cropPadding: 2 } };
    await refused(student('g', 'e.logits', { data: wider }), /another data\.augmentation\.cropPadding/);
  });
});
