import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRunText, runText } from '../../src/sweep/named-run.js';

const CONFIG = {
  architecture: 'resnet20_1w1a',
  data: { format: 'cifar10', folder: 'data' },
  output: 'runs/omega0=20,seed=1',
  seed: 1,
};
const NAME = 'omega0=20,seed=1';

describe('a run as a line of JSON', () => {
  test('is read as it was written', () => {
    const text = runText({ name: NAME, written: CONFIG });
    expect(text).toBe(JSON.stringify({ run: NAME, config: CONFIG }));
    const run = readRunText(text, 'message 1', {});
    expect(run).toMatchObject({ name: NAME, written: CONFIG, config: { seed: 1, output: CONFIG.output } });
    expect(runText(run)).toBe(text);
  });

  test('has the folders of the machine that reads it', () => {
    const { written, config } = readRunText(runText({ name: NAME, written: CONFIG }), 'message 1', {
      folder: 'own',
      data: 'elsewhere',
    });
    expect(written).toEqual({ ...CONFIG, output: join('own', NAME), data: { ...CONFIG.data, folder: 'elsewhere' } });
    expect([config.output, config.data.folder]).toEqual([join('own', NAME), 'elsewhere']);
  });

  test.each<[string, unknown, RegExp]>([
    ['no run', [], /^message 1: it is a list, expected an object$/],
    ['without a config', { run: NAME }, /^message 1: "config" is missing; it has to be given$/],
    [
      'with another key',
      { run: NAME, config: CONFIG, more: 1 },
      /^message 1: "more" is unknown; a run may have run, config/,
    ],
    [
      'with a bad config',
      { run: NAME, config: { ...CONFIG, seed: 'x' } },
      /^run omega0=20,seed=1: "seed" is x, expected/,
    ],
    ...['..', '.', '', '../runs', '/runs', 'a/b', 'a\\b', 'a.', 'nul', 'x'.repeat(121), 'a\n'].map(
      (name): [string, unknown, RegExp] => [
        `with the name ${JSON.stringify(name.slice(0, 20))}, which is no folder's everywhere`,
        { run: name, config: CONFIG },
        /^message 1: "run" is .*, expected a name of letters, digits and \.,_\+=-$/,
      ],
    ),
  ])('is refused that is %s', (_, json, message) => {
    expect(() => readRunText(JSON.stringify(json), 'message 1', { folder: 'own' })).toThrow(
      expect.objectContaining({ code: 'E_CONFIG', message: expect.stringMatching(message) }),
    );
  });
});
