import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeFashionMnist } from '../../../data/test/node/sets/set-files.js';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { parseConfig, type TrainConfig } from '../../src/config/parse-config.js';
import { METHOD_NAMES, METHODS, type Method, type MethodName } from '../../src/methods/index.js';
import { type TrainOptions, train } from '../../src/run/train.js';

const ALL = process.env.SIGNWAVE_FULL === '1';
const names = METHOD_NAMES.filter((name) => name !== 'full-precision');
if (!ALL) console.warn('whether each method overfits 64 images: SIGNWAVE_FULL=1 tries it');

const SHORT = { epochs: 2, warmUpEpochs: 0 };

/**
 * What overfits where the published values are for runs of far more steps: signs that follow real weights have to flip, and RBNN's weights
 * wait until weight decay has moved their angles.
 */
const FASTER: Partial<Record<MethodName, object>> = {
  'sign-two-stage': { learningRate: 0.1 },
  'lq-net': { learningRate: 0.1, schedule: { type: 'cosine' } },
  rbnn: { weightDecay: 0.01 },
};

/** Two epochs of three steps in each of the method's stages, with its own optimizer. */
function configOf(method: MethodName, folder: string, more: object = {}): TrainConfig {
  const { stages, teacher } = METHODS[method] as Method;
  const config = {
    architecture: 'demo_1w1a',
    method,
    stages: { '1': SHORT, ...(stages && { '2': { ...SHORT, firstEpoch: 0 } }) },
    ...(teacher && {
      distillation: { teacher: join(folder, 'teacher/best.safetensors'), architecture: 'demo_float' },
    }),
    batchSize: 2,
    data: { format: 'fashion-mnist', folder: join(folder, 'data') },
    seed: 5,
    output: join(folder, method),
    ...more,
  };
  return parseConfig(JSON.stringify(config), 'small.json');
}

async function run(config: TrainConfig, more: Partial<TrainOptions> = {}) {
  return train({ config, backend: await chooseBackend({ force: 'wasm' }), overwrite: true, ...more });
}

/** A folder with a data set, and with a teacher for methods that need one. */
async function prepared(method: MethodName, trainImages: number): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'data'));
  await writeFashionMnist(join(folder, 'data'), trainImages, 2);
  if ((METHODS[method] as Method).teacher) {
    const teacher = { architecture: 'demo_float', method: 'full-precision', distillation: undefined };
    await run(configOf(method, folder, { ...teacher, stages: { '1': SHORT }, output: join(folder, 'teacher') }));
  }
  return folder;
}

describe.each(names)('%s', (method) => {
  test('keeps as many tensors after each step, and gives the same bytes if it is cut and resumed', async () => {
    const folder = await prepared(method, 6);
    const config = configOf(method, folder);
    const { tf } = await chooseBackend({ force: 'wasm' });
    const before = tf.memory().numTensors;
    const counts: Record<string, Set<number>> = {};
    await run(config, {
      observer: {
        step: ({ stage }) => {
          counts[stage] ??= new Set();
          counts[stage].add(tf.memory().numTensors);
        },
      },
    });
    for (const [stage, found] of Object.entries(counts)) expect(found.size, `stage ${stage}`).toBe(1);
    expect(tf.memory().numTensors).toBe(before);

    const path = join(config.output, 'latest.safetensors');
    const whole = await readFile(path);
    await rm(config.output, { recursive: true });
    const abort = new AbortController();
    const observer = { step: ({ step }: { readonly step: number }) => void (step >= 2 && abort.abort()) };
    expect((await run(config, { signal: abort.signal, observer })).isComplete).toBe(false);
    await run(config, { resume: true });
    expect((await readFile(path)).equals(whole)).toBe(true);
  });

  test.skipIf(!ALL)('overfits 64 images', { timeout: 600_000 }, async () => {
    const folder = await prepared(method, 64);
    const { stages } = METHODS[method] as Method;
    const stage = { epochs: stages ? 75 : 150, warmUpEpochs: 0, ...FASTER[method] };
    const config = configOf(method, folder, {
      batchSize: 16,
      stages: { '1': stage, ...(stages && { '2': { ...stage, firstEpoch: 0 } }) },
      data: {
        format: 'fashion-mnist',
        folder: join(folder, 'data'),
        augmentation: { flip: false, cropPadding: 0 },
      },
    });
    const accuracies: number[] = [];
    await run(config, { observer: { epoch: ({ trainAccuracy }) => void accuracies.push(trainAccuracy) } });
    expect(accuracies.at(-1)).toBeGreaterThan(0.9);
  });
});

test('a run of one method isn’t resumed under another', async () => {
  const folder = await prepared('ir-net', 6);
  const config = configOf('ir-net', folder);
  await run(config);
  const other = { ...configOf('reste', folder), output: config.output };
  await expect(run(other, { resume: true })).rejects.toMatchObject({
    code: 'E_RESUME',
    message: expect.stringContaining('method = "ir-net", but the config has "reste"'),
  });
});
