import { type ImageSet, sharedLabels } from '@signwave/data';
import { describe, expect, test } from 'vitest';
import { inferenceFacts, verifySameFacts } from '../../src/checkpoint/inference-facts.js';
import { parseConfig } from '../../src/config/parse-config.js';
import type { TrainingData } from '../../src/data/open-data.js';

const config = parseConfig(
  JSON.stringify({ architecture: 'demo_1w1a', data: { format: 'folder', folder: 'd', side: 32 }, output: 'o' }),
  'a.json',
);
const images: ImageSet = { kind: 'files', folder: 'd', count: 0, paths: [], labels: sharedLabels([]) };
const dataOf = (classNames: readonly string[]): TrainingData => ({
  name: 'photos',
  classNames,
  train: images,
  test: images,
  height: 32,
  width: 32,
  channels: 3,
});

describe('before training', () => {
  test.each([
    ['a line break', 'cat\nfood'],
    ['half of a character', 'cat\ud83d'],
    ['too many bytes', 'c'.repeat(4097)],
  ])('a class whose name has %s is refused: no model can hold it', (_, name) => {
    expect(() => inferenceFacts(config, dataOf(['dog', name]))).toThrow(
      expect.objectContaining({ code: 'E_DATA', message: expect.stringContaining(JSON.stringify(name)) }),
    );
  });
});

describe('a checkpoint goes on with the data that it was trained on', () => {
  const facts = inferenceFacts(config, dataOf(['cat', 'dog']));

  test('whatever wrote nothing about them included', () => {
    verifySameFacts('a', undefined, facts);
    verifySameFacts('a', facts, inferenceFacts(config, dataOf(['cat', 'dog'])));
  });

  test('and not with others', () => {
    const more = inferenceFacts(config, dataOf(['cat', 'dog', 'eel']));
    expect(() => verifySameFacts('a', facts, more)).toThrow('class 2 is absent, but it is "eel"');
    const other = { ...config, data: { ...config.data, mean: [0.1, 0.1, 0.1] } };
    expect(() => verifySameFacts('a', facts, inferenceFacts(other, dataOf(['cat', 'dog'])))).toThrow(/input .*0\.485/);
  });
});
