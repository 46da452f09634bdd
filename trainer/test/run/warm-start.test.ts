import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFashionMnist } from '../../../data/test/node/sets/set-files.js';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { readSafetensors, writeSafetensors } from '../../src/checkpoint/safetensors.js';
import { parseConfig, type TrainConfig } from '../../src/config/parse-config.js';
import { type TrainOptions, train } from '../../src/run/train.js';

let folder: string;
let twin: string;

/** Two epochs of three steps on 6 images of noise. */
function configOf(output: string, more: object): TrainConfig {
  const written = {
    architecture: 'demo_1w1a',
    stages: { '1': { epochs: 2, learningRate: 0.05, warmUpEpochs: 0 } },
    batchSize: 2,
    data: { format: 'fashion-mnist', folder: join(folder, 'data') },
    seed: 5,
    output: join(folder, output),
    ...more,
  };
  return parseConfig(JSON.stringify(written), 'warm.json');
}

const student = (output: string, more: object = {}) => configOf(output, { warmStart: { checkpoint: twin }, ...more });

async function run(config: TrainConfig, more: Partial<TrainOptions> = {}) {
  return train({ config, backend: await chooseBackend({ force: 'wasm' }), ...more });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signwave-warm-start-'));
  await mkdir(join(folder, 'data'));
  await writeFashionMnist(join(folder, 'data'), 6, 2);
  const network = { nonlinearity: 'hardtanh' };
  const config = configOf('twin', { architecture: 'demo_float', network, seed: 9 });
  await run(config);
  twin = join(config.output, 'best.safetensors');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a run with a warm start', () => {
  test('says what it took over, and gives the same bytes if it is cut and resumed without the source', async () => {
    const config = student('a');
    const lines: string[] = [];
    await run(config, { log: (line) => lines.push(line) });
    expect(lines.filter((line) => line.startsWith('warm start from'))).toEqual([
      expect.stringMatching(/best\.safetensors \(demo_float\): took over 55 of 67 tensors, filters of 6 layers/),
    ]);
    const latest = join(config.output, 'latest.safetensors');
    const whole = await readFile(latest);
    await rm(config.output, { recursive: true });
    const abort = new AbortController();
    await run(config, { signal: abort.signal, observer: { step: ({ step }) => void (step >= 2 && abort.abort()) } });
    const source = await readFile(twin);
    await rm(twin);
    await run(config, { resume: true });
    await writeFile(twin, source);
    expect((await readFile(latest)).equals(whole)).toBe(true);
  });

  test('isn’t resumed with another one, or without it', async () => {
    await run(student('b'));
    for (const more of [
      { warmStart: undefined },
      { warmStart: { checkpoint: twin, range: 'three-deviations' } },
      { warmStart: { checkpoint: 'x' } },
    ]) {
      await expect(run(student('b', more), { resume: true })).rejects.toMatchObject({
        code: 'E_RESUME',
        message: expect.stringContaining('was made with warmStart'),
      });
    }
  });

  test('from a network that was trained on other classes is refused', async () => {
    const { metadata, tensors } = readSafetensors(await readFile(twin), twin);
    const other = join(folder, 'other-classes.safetensors');
    const classNames = metadata.classNames!.replace('"Dress","Coat"', '"Coat","Dress"');
    await writeFile(other, writeSafetensors({ metadata: { ...metadata, classNames }, tensors }));
    await expect(run(student('c', { warmStart: { checkpoint: other } }))).rejects.toMatchObject({
      code: 'E_RESUME',
      message: expect.stringMatching(/other-classes\.safetensors was trained on data whose class 3 is "Coat"/),
    });
  });

  test('from a network that saw images prepared in another way is refused', async () => {
    const data = { format: 'fashion-mnist', folder: join(folder, 'data'), mean: [0.5] };
    await expect(run(student('d', { data }))).rejects.toMatchObject({
      code: 'E_RESUME',
      message: expect.stringContaining('was trained on the input'),
    });
  });

  test('from a file that isn’t there, or no checkpoint, is refused', async () => {
    const missing = { warmStart: { checkpoint: join(folder, 'none.safetensors') } };
    await expect(run(student('e', missing))).rejects.toMatchObject({
      code: 'E_RESUME',
      message: expect.stringContaining('none.safetensors'),
    });
    const text = { warmStart: { checkpoint: join(folder, 'text.pth') } };
    await writeFile(text.warmStart.checkpoint, 'text');
    await expect(run(student('f', text))).rejects.toMatchObject({ code: 'E_CHECKPOINT_KIND' });
  });
});

test('the range of a warm start is the largest weight unless a config says otherwise', () => {
  expect(student('g').warmStart).toEqual({ checkpoint: twin, range: 'max' });
  expect(() => student('g', { warmStart: { checkpoint: twin, range: '3std' } })).toThrow(
    /"warmStart\.range" is 3std, expected max, three-deviations/,
  );
});
