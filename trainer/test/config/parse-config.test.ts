import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.js';
import { biperPreset, outputScaleOf } from '../../src/methods/biper-preset.js';
import { learningRateOf } from '../../src/optimizer/index.js';

const MINIMAL = {
  architecture: 'resnet20_1w1a',
  data: { format: 'cifar10', folder: 'data' },
  output: 'runs/a',
};
const PLACE = { family: 'resnet20', precision: '1w1a' } as const;
const parse = (config: unknown) => parseConfig(JSON.stringify(config), 'a.json');
const withStage = (stage: unknown) => ({ ...MINIMAL, stages: { '1': stage } });
const withData = (data: object) => ({ ...MINIMAL, data: { ...MINIMAL.data, ...data } });

describe('a config', () => {
  test('of three keys gets the rest from the authors’ scripts', () => {
    const config = parse(MINIMAL);
    expect(config.omega0).toBe(20);
    expect(config.batchSize).toBe(256);
    expect(config.stages['1']).toMatchObject({ epochs: 600, learningRate: 0.021, weightDecay: 0.0016, tau: 0.037 });
    expect(config.stages['2']).toMatchObject({ epochs: 300, firstEpoch: 1, learningRate: 0.0037, tau: 0.0468 });
    expect(config.data.mean).toEqual([0.485, 0.456, 0.406]);
    expect(config.data.augmentation).toEqual({ cropPadding: 4, flip: true, resizedCropArea: 0 });
  });

  test('may have comments and a comma after the last item', () => {
    const text = `{ // a comment
      "architecture": "resnet20_1w1a", /* another */ "data": { "format": "cifar10", "folder": "a//b", },
      "output": "runs/a",
    }`;
    expect(parseConfig(text, 'a.json')).toMatchObject({ data: { folder: 'a//b' }, output: 'runs/a' });
  });

  test('that ends too early is refused with the place of the mistake', () => {
    const text = `{ // a comment\n  "architecture": }`;
    expect(() => parseConfig(text, 'a.json')).toThrow(/a.json: it is no JSON: Unexpected token/);
  });

  test('with the recipe of the paper takes its learning rates and no regulariser', () => {
    const { stages } = parse({ ...MINIMAL, recipe: 'paper' });
    expect(stages['1']).toMatchObject({ learningRate: 0.1, weightDecay: 5e-4, tau: 0, warmUpEpochs: 0 });
    expect(stages['2']).toMatchObject({ learningRate: 0.01, weightDecay: 5e-5, tau: 0, firstEpoch: 0 });
  });

  test('with the recipe of the paper scales by gamma, where there is a wave, and else by a learned alpha', () => {
    expect(outputScaleOf('paper', 'biper')).toBe('wave');
    expect(outputScaleOf('paper', 'bnn')).toBe('learned');
    expect(outputScaleOf('code', 'biper')).toBe('learned');
  });

  test('with images from a folder takes the authors’ settings for ImageNet', () => {
    const config = parse(withData({ format: 'folder' }));
    expect(config.batchSize).toBe(512);
    expect(config.stages['1']).toMatchObject({ epochs: 200, decay: 'conv-and-fc', tau: 0 });
    expect(config.data).toMatchObject({ side: 224, augmentation: { resizedCropArea: 0.08, flip: true } });
  });

  test('runs only the stages that it names', () => {
    const { stages } = parse({ ...MINIMAL, stages: { '2': { epochs: 4 } } });
    expect(Object.keys(stages)).toEqual(['2']);
    expect(stages['2']).toMatchObject({ epochs: 4, firstEpoch: 1, learningRate: 0.0037 });
  });

  const folder = fileURLToPath(new URL('../../configs/', import.meta.url));
  test.each(readdirSync(folder))('is sound: %s', (name) => {
    const config = parseConfig(readFileSync(folder + name, 'utf8'), name);
    expect(config.output).toBe(`runs/${name.replace('.json', '')}`);
  });
});

describe('a config is refused', () => {
  test.each([
    [
      'with an unknown key',
      { ...MINIMAL, epochs: 3 },
      'a.json: "epochs" is unknown; a config may have $schema, architecture,',
    ],
    [
      'with an unknown key below another',
      withStage({ learnRate: 1 }),
      '"stages.1.learnRate" is unknown; "stages.1" may have epochs, firstEpoch, optimizer, learningRate',
    ],
    [
      'with a flip that there isn’t',
      withData({ augmentation: { flip: 'sometimes' } }),
      '"data.augmentation.flip" is sometimes, expected boolean, alternate',
    ],
    [
      'with a momentum of batch norm that isn’t a share',
      { ...MINIMAL, network: { normMomentum: 1.5 } },
      '"network.normMomentum" is 1.5, expected 1 or less',
    ],
    ['with an unknown stage', { ...MINIMAL, stages: { '3': {} } }, '"stages.3" is unknown; "stages" may have 1, 2'],
    ['without an output folder', { ...MINIMAL, output: undefined }, '"output" is missing'],
    ['with a learning rate of 0', withStage({ learningRate: 0 }), '"stages.1.learningRate" is 0, expected more than 0'],
    ['with half an epoch', withStage({ epochs: 1.5 }), '"stages.1.epochs" is 1.5, expected a whole number'],
    ['with a momentum of 1', withStage({ momentum: 1 }), '"stages.1.momentum" is 1, expected less than 1'],
    ['with a text for a number', { ...MINIMAL, batchSize: '64' }, '"batchSize" is 64, expected number'],
    ['with a batch of one image', { ...MINIMAL, batchSize: 1 }, '"batchSize" is 1, expected 2 or more'],
    ['with an unknown recipe', { ...MINIMAL, recipe: 'own' }, '"recipe" is own, expected code, paper'],
    ['with an unknown data format', withData({ format: 'svhn' }), '"data.format" is svhn, expected cifar10,'],
    ['with a checksum of the wrong length', withData({ sha256: { a: 'ff' } }), 'expected 64 hexadecimal digits'],
    ['with a mean for another number of channels', withData({ mean: [0.5] }), '"data.mean" has 1 values, but cifar10'],
    ['with means of bytes', withData({ mean: [124, 116, 104] }), '"data.mean.0" is 124, expected 1 or less'],
    [
      'with activations for a network that has none',
      { ...MINIMAL, architecture: 'resnet20_1w32a', quantizers: { weights: 'bnn', activations: 'dorefa' } },
      '"quantizers.activations" is "dorefa", but resnet20_1w32a has float activations',
    ],
    [
      'with quantizers for a float network',
      { ...MINIMAL, architecture: 'resnet20_float', quantizers: { weights: 'bnn' } },
      '"quantizers.weights" is "bnn", but resnet20_float has float weights',
    ],
    ['with a deviation of 0', withData({ std: [1, 0, 1] }), '"data.std.1" is 0, expected more than 0'],
    [
      'with a crop that folders lack',
      withData({ format: 'folder', augmentation: { cropPadding: 4 } }),
      'resizedCropArea',
    ],
    ['with a warm-up that the authors’ code lacks', withStage({ warmUpEpochs: 3 }), 'the recipe "code" has 5 or 0'],
    [
      'with an unknown architecture',
      { ...MINIMAL, architecture: 'resnet' },
      '"architecture" is resnet, expected resnet20_1w1a,',
    ],
    ['with no stage', { ...MINIMAL, stages: {} }, 'names no stage'],
    ['with a stage that runs no epoch', { ...MINIMAL, stages: { '2': { epochs: 1 } } }, 'would run no epoch'],
    [
      'with an unknown quantizer',
      { ...MINIMAL, quantizers: { weights: 'xnor' } },
      '"quantizers.weights" is xnor, expected biper, sign-two-stage, bnn',
    ],
    ['that is a list', [], 'it is a list, expected an object'],
    ['that is a number', 3, 'it is 3, expected an object'],
  ])('%s', (_, config, message) => {
    expect(() => parse(config)).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
    expect(() => parse(config)).toThrow(message);
  });

  test('that isn’t JSON', () => {
    expect(() => parseConfig('{"a": }', 'a.json')).toThrow(/^a\.json: it is no JSON: /);
  });
});

describe('the learning rate', () => {
  test('rises for 5 epochs, then falls along a cosine of epochs - 4, as the authors’ scheduler does', () => {
    const stage = { ...biperPreset(PLACE).stages['1']!, epochs: 12, learningRate: 1 };
    const rates = Array.from({ length: 12 }, (_, epoch) => learningRateOf(epoch, 0, stage));
    expect(rates.slice(0, 5)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
    for (let epoch = 4; epoch < 12; epoch++) {
      expect(rates[epoch]).toBeCloseTo((1 + Math.cos((Math.PI * (epoch - 4)) / 8)) / 2, 12);
    }
  });

  test('of the authors’ second stage starts at two fifths, since epoch 0 isn’t run', () => {
    const stage = biperPreset(PLACE).stages['2']!;
    expect(learningRateOf(stage.firstEpoch, 0, stage)).toBeCloseTo(0.4 * 0.0037, 12);
  });

  test('of the paper’s recipe starts at its full value', () => {
    const stage = parse({ ...MINIMAL, recipe: 'paper' }).stages['2']!;
    expect(learningRateOf(0, 0, stage)).toBe(0.01);
  });
});
