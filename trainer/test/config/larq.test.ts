import { describe, expect, test } from 'vitest';
import { initialConfig } from '../../src/config/init-config.js';
import { parseConfig } from '../../src/config/parse-config.js';
import { methodLines } from '../../src/run/method-lines.js';

const parse = (more: object) =>
  parseConfig(
    JSON.stringify({
      architecture: 'quicknet_1w1a',
      method: 'ste-sign',
      data: { format: 'folder', folder: 'data' },
      output: 'run',
      ...more,
    }),
    'a.json',
  );

describe('QuickNet', () => {
  test('is trained by larq’s recipe: Adam for latent weights, SGD for all else, and a clip', () => {
    const { stages, batchSize, weightClip, methodOptions } = parse({});
    expect(batchSize).toBe(2048);
    expect(weightClip).toBe(1.25);
    expect(methodOptions).toEqual({ clipValue: 1.25 });
    expect(stages['1']).toMatchObject({
      epochs: 600,
      warmUpEpochs: 5,
      optimizer: 'sgd',
      momentum: 0.9,
      learningRate: 0.1,
      latent: { optimizer: 'adam', learningRate: 0.01 },
      schedule: { type: 'cosine' },
      weightDecay: 0,
    });
  });

  test('is trained by other methods as they train ImageNet’s ResNets', () => {
    expect(parse({ method: 'bi-real' })).toMatchObject({ batchSize: 512, stages: { '1': { optimizer: 'adam' } } });
    expect(parse({ method: 'bi-real', data: { format: 'cifar10', folder: 'data' } }).batchSize).toBe(512);
  });

  test('has a starting config that says so, without a style that it hasn’t', () => {
    const text = initialConfig({ method: 'ste-sign', network: 'quicknet_small_1w1a' });
    expect(text).toContain('"latent": { "optimizer": "adam", "learningRate": 0.01 }');
    expect(text).toContain('"weightClip": 1.25');
    expect(text).toContain('"format": "folder"');
    expect(text).not.toContain('"network"');
    expect(methodLines(parseConfig(text, 'a.json'))).toHaveLength(1);
  });

  test('is one network: a style is refused', () => {
    expect(() => parse({ network: { nonlinearity: 'prelu' } })).toThrow(
      /"network" is given, but quicknet_1w1a is one network for all methods; leave it out/,
    );
  });

  test.each([
    [{ method: 'dorefa' }, 'dorefa'],
    [{ quantizers: { activations: 'identity' } }, 'identity'],
    [{ quantizers: { weights: 'adabin' } }, 'adabin'],
    [{ method: 'dsq' }, 'dsq'],
  ])('pads with +1, so %o is refused', (more, name) => {
    expect(() => parse(more)).toThrow(`those of "${name}" aren't`);
  });

  test('is no student of a method that compares residual stages', () => {
    const distillation = { teacher: 'a.safetensors', architecture: 'imagenet_resnet18_float' };
    expect(() => parse({ method: 'lcr-bnn', distillation })).toThrow(/quicknet_1w1a has none/);
  });
});

describe('a clip of latent weights', () => {
  test('is the method’s, another, or none', () => {
    expect(parse({ weightClip: 0.5 }).weightClip).toBe(0.5);
    expect(parse({ weightClip: 0 }).weightClip).toBeUndefined();
    expect(parse({ method: 'recu' }).weightClip).toBeUndefined();
    expect(parse({ method: 'recu', weightClip: 1 }).weightClip).toBe(1);
  });

  test('that isn’t as published is said in the log', () => {
    expect(methodLines(parse({ weightClip: 0.5 }))[1]).toContain('weightClip is 0.5 (published: 1.25)');
    expect(methodLines(parse({ weightClip: 0 }))[1]).toContain('weightClip is 0 (published: 1.25)');
  });

  test('is no use to a float network', () => {
    const float = {
      architecture: 'resnet20_float',
      method: 'full-precision',
      data: { format: 'cifar10', folder: 'a' },
    };
    expect(() => parse({ ...float, weightClip: 1 })).toThrow(/resnet20_float has no latent weights; leave it out/);
  });
});

test('another optimizer for latent weights is said in the log, as is its absence', () => {
  const latent = { optimizer: 'adam', learningRate: 0.001 };
  const [, line] = methodLines(parse({ method: 'recu', stages: { '1': { latent } } }));
  expect(line).toContain('stages.1.latent.optimizer is adam (published: none)');
});
