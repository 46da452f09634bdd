import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.js';
import { reportHtml } from '../../src/report/html.js';
import type { EpochMetrics, StepMetrics } from '../../src/run/metrics.js';

const CONFIG = parseConfig(
  JSON.stringify({
    architecture: 'resnet20_1w1a',
    data: { format: 'cifar10', folder: '<b>&"' },
    output: 'runs/a',
  }),
  'a.json',
);
const epoch = (stage: '1' | '2', n: number, testAccuracy: number): EpochMetrics => ({
  kind: 'epoch',
  stage,
  epoch: n,
  step: 10 * n,
  learningRate: 0.1,
  trainLoss: 2 / (n + 1),
  trainAccuracy: 0.5,
  testLoss: 1.5,
  testAccuracy,
  imagesPerSecond: 100,
  layers: [{ name: 'layer1.0.conv1', b: 0.05, quantizationError: 0.1 }],
});
const step = (n: number): StepMetrics => ({
  kind: 'step',
  stage: '1',
  epoch: 0,
  step: n,
  learningRate: 0.1,
  loss: 2,
  crossEntropy: 2,
  regulariser: 0,
  accuracy: 0.1,
  imagesPerSecond: 100,
});
const CONTENT = {
  config: CONFIG,
  device: 'plain JavaScript',
  metrics: [step(1), step(2), epoch('1', 0, 0.9), epoch('2', 1, 0.61), epoch('2', 2, 0.6)],
  layers: [{ name: 'layer1.0.conv1', weights: Float32Array.from({ length: 200 }, (_, i) => (i - 99.5) / 1000) }],
  evaluation: {
    loss: 1,
    accuracy: 0.75,
    images: 4,
    confusion: [
      [2, 0],
      [1, 1],
    ],
  },
  classNames: ['cat', '<dog>'],
};

describe('the report', () => {
  test('has every chart inside, and neither scripts nor addresses', async () => {
    const html = await reportHtml(CONTENT);
    for (const title of [
      'Loss',
      'Top-1 accuracy',
      'Learning rate',
      'Loss of single steps',
      'Quantization error by layer',
    ]) {
      expect(html).toContain(title);
    }
    expect(html).toContain('eq. 14');
    expect(html).toContain('Confusion matrix');
    expect(html.match(/<svg/g)).toHaveLength(8);
    expect(html).not.toMatch(/<script|<link|src=|NaN/);
    expect(html.replaceAll('http://www.w3.org/', '')).not.toMatch(/https?:/);
  });

  test('has the flip ratio of each layer, with a gap where a run was resumed', async () => {
    const withFlips = (n: number, flipRatio?: number) => ({
      ...epoch('1', n, 0.5),
      ...(flipRatio !== undefined && { flipRatio }),
      layers: [
        { name: 'layer1.0.conv1', b: 0.05, quantizationError: 0.1, ...(flipRatio !== undefined && { flipRatio }) },
      ],
    });
    const html = await reportHtml({ ...CONTENT, metrics: [withFlips(0, 0.2), withFlips(1), withFlips(2, 0.1)] });
    expect(html).toContain('Flip ratio by layer');
    expect(html).not.toMatch(/NaN|undefined/);
    expect(await reportHtml(CONTENT)).not.toContain('Flip ratio');
  });

  test('names the best epoch of the last stage', async () => {
    expect(await reportHtml(CONTENT)).toContain('<b>61.00 %</b>, in epoch 2 of stage 2');
  });

  test('escapes what it quotes', async () => {
    const html = await reportHtml(CONTENT);
    expect(html).not.toContain('<dog>');
    expect(html).not.toContain('<b>&"');
  });

  test('of a float network without steps has neither layers nor matrix', async () => {
    const html = await reportHtml({ ...CONTENT, metrics: [epoch('1', 0, 0.5)], layers: [], evaluation: undefined });
    expect(html.match(/<svg/g)).toHaveLength(3);
    expect(html).not.toContain('<h2>Quantization');
  });
});
