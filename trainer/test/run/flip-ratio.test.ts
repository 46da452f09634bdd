import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeFashionMnist } from '../../../data/test/node/sets/set-files.js';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { parseConfig, type TrainConfig } from '../../src/config/parse-config.js';
import { FlipCounter } from '../../src/run/flip-ratio.js';
import type { EpochMetrics } from '../../src/run/metrics.js';
import { train } from '../../src/run/train.js';
import type { BinaryLayer, Tensor4D, TrainingBackend } from '../../src/types.js';

let backend: TrainingBackend;
beforeAll(async () => {
  backend = await chooseBackend({ force: 'wasm' });
});

/** A layer of one filter that computes with `factor` times the sign of its weights. */
function layerOf(name: string, values: readonly number[], factor = 1): BinaryLayer & { set(values: number[]): void } {
  const { tf } = backend;
  const shape: [number, number, number, number] = [1, values.length, 1, 1];
  const weight = tf.variable(tf.tensor4d([...values], shape));
  return {
    name,
    weight,
    quantized: () => tf.mul(tf.sign(weight as unknown as Tensor4D), factor),
    set: (next) => weight.assign(tf.tensor4d(next, shape)),
  };
}

describe('the flip ratio', () => {
  test('is the share of binary weights whose sign has changed since the last count, by layer and over all', async () => {
    const [a, b] = [layerOf('a', [1, -1, 1, 1]), layerOf('b', [0.5, -0.5])];
    const counter = new FlipCounter(backend.tf, [a, b]);
    await counter.start();
    a.set([0.1, 1, 1, 1]);
    expect(await counter.count()).toEqual({
      all: 1 / 6,
      byLayer: new Map([
        ['a', 0.25],
        ['b', 0],
      ]),
    });
    b.set([-0.5, 0.5]);
    expect(await counter.count()).toEqual({
      all: 2 / 6,
      byLayer: new Map([
        ['a', 0],
        ['b', 1],
      ]),
    });
    expect(await counter.count()).toMatchObject({ all: 0 });
  });

  test('is that of the weights that a layer computes with, not of its latent ones', async () => {
    const layer = layerOf('a', [1, -1], -2);
    const counter = new FlipCounter(backend.tf, [layer]);
    await counter.start();
    layer.set([3, -7]);
    expect((await counter.count())?.all).toBe(0);
    layer.set([-3, -7]);
    expect((await counter.count())?.all).toBe(0.5);
  });

  test('isn’t known before a first count, nor of a network without binary layers', async () => {
    expect(await new FlipCounter(backend.tf, [layerOf('a', [1])]).count()).toBeUndefined();
    const none = new FlipCounter(backend.tf, []);
    await none.start();
    expect(await none.count()).toBeUndefined();
  });

  test('leaves no tensor behind', async () => {
    const counter = new FlipCounter(backend.tf, [layerOf('a', [1, 2])]);
    const { numTensors } = backend.tf.memory();
    await counter.start();
    await counter.count();
    expect(backend.tf.memory().numTensors).toBe(numTensors);
  });
});

describe('a run', () => {
  async function prepared(more: object = {}): Promise<TrainConfig> {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'data'));
    await writeFashionMnist(join(folder, 'data'), 6, 2);
    const config = {
      architecture: 'demo_1w1a',
      method: 'ste-sign',
      stages: { '1': { epochs: 3, learningRate: 0.05, warmUpEpochs: 0 } },
      batchSize: 2,
      data: { format: 'fashion-mnist', folder: join(folder, 'data') },
      output: join(folder, 'run'),
      ...more,
    };
    return parseConfig(JSON.stringify(config), 'small.json');
  }
  async function epochsOf(config: TrainConfig): Promise<EpochMetrics[]> {
    const lines = (await readFile(join(config.output, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    return lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'epoch');
  }

  test('has it in the metrics of each epoch and of each layer, and in the report', async () => {
    const config = await prepared();
    await train({ config, backend });
    for (const { flipRatio, layers } of await epochsOf(config)) {
      // Steps of Adam as large as this flip some signs and not all.
      expect(flipRatio).toBeGreaterThan(0);
      expect(flipRatio).toBeLessThan(1);
      expect(layers).toHaveLength(6);
      for (const layer of layers) expect(layer.flipRatio).toBeGreaterThanOrEqual(0);
    }
    expect(await readFile(join(config.output, 'report.html'), 'utf8')).toContain('Flip ratio by layer');
  });

  test('that is cut within an epoch doesn’t claim to know that epoch’s, and knows the next', async () => {
    const config = await prepared();
    await train({ config, backend });
    const whole = await epochsOf(config);
    const abort = new AbortController();
    const observer = { step: ({ step }: { readonly step: number }) => void (step >= 4 && abort.abort()) };
    await train({ config, backend, overwrite: true, signal: abort.signal, observer });
    await train({ config, backend, resume: true });
    const cut = await epochsOf(config);
    expect(cut.map(({ flipRatio }) => flipRatio)).toEqual([whole[0]!.flipRatio, undefined, whole[2]!.flipRatio]);
  });
});
