import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temp-folder.js';
import { verifySameConfig } from '../../src/checkpoint/compare-configs.js';
import { writeSafetensors } from '../../src/checkpoint/safetensors.js';
import { readCheckpoint } from '../../src/checkpoint/training-state.js';
import { parseConfig, type TrainConfig } from '../../src/config/parse-config.js';
import { METHOD_NAMES, METHODS } from '../../src/methods/index.js';
import { MetricsFile } from '../../src/run/metrics.js';

const WRITTEN = { architecture: 'demo_1w1a', data: { format: 'mnist', folder: 'data' }, output: 'out' };
const CONFIG = JSON.parse(JSON.stringify(parseConfig(JSON.stringify(WRITTEN), 'config.json'))) as TrainConfig;

const METADATA: Readonly<Record<string, string>> = {
  format: 'signwave-training',
  version: '1',
  config: JSON.stringify(CONFIG),
  backend: 'wasm',
  random: '0123456789abcdef0123456789abcdef',
  stage: '1',
  epoch: '1',
  batch: '3',
  step: '12',
  sums: '{"images":6,"loss":1.5,"correct":2}',
  bestAccuracy: '0.5',
  bestEpoch: '0',
  input: '{"height":28,"width":28,"channels":1}',
  classNames: '["a","b"]',
};

function checkpoint(metadata: Readonly<Record<string, string | undefined>>, data = Float32Array.of(1, 2)): Uint8Array {
  const given = Object.entries({ ...METADATA, ...metadata }).filter(([, text]) => text !== undefined);
  return writeSafetensors({
    metadata: Object.fromEntries(given) as Record<string, string>,
    tensors: [{ name: 'w', shape: [2], data }],
  });
}

const config = (changes: object): string => JSON.stringify({ ...CONFIG, ...changes });

describe('a checkpoint that a run goes on from', () => {
  test('is read as it was written', () => {
    const { state, facts } = readCheckpoint(checkpoint({}), 'a.safetensors');
    expect(state).toMatchObject({ config: CONFIG, stage: '1', epoch: 1, batch: 3, step: 12, bestAccuracy: 0.5 });
    expect(facts?.classNames).toEqual(['a', 'b']);
  });

  test.each(METHOD_NAMES.filter((name) => !METHODS[name].teacher))(
    'of the method %s has a config that is sound',
    (method) => {
      const architecture = method === 'full-precision' ? 'resnet20_float' : 'resnet20_1w1a';
      const data = { format: 'cifar10', folder: 'data' };
      const completed = parseConfig(JSON.stringify({ ...WRITTEN, architecture, method, data }), 'config.json');
      const text = JSON.stringify(completed);
      const stage = Object.keys(completed.stages)[0]!;
      const epoch = String(completed.stages[stage as '1']!.firstEpoch);
      const { state } = readCheckpoint(checkpoint({ config: text, stage, epoch, bestEpoch: '-1' }), 'a.safetensors');
      expect(state.config).toEqual(JSON.parse(text));
    },
  );

  test.each<[key: string, text: string | undefined]>([
    ['epoch', '-5'],
    ['epoch', '0.5'],
    ['epoch', '1e300'],
    ['epoch', '1e9'],
    ['epoch', 'NaN'],
    ['epoch', ''],
    ['batch', '-3'],
    ['batch', '0.25'],
    ['batch', 'Infinity'],
    ['step', '-1'],
    ['step', '1e300'],
    ['stage', '7'],
    ['stage', '__proto__'],
    ['stage', undefined],
    ['random', '0'.repeat(32)],
    ['random', 'x'],
    ['bestAccuracy', '2'],
    ['bestAccuracy', '-0.5'],
    ['bestEpoch', '-2'],
    ['sums', '{'],
    ['sums', 'null'],
    ['sums', '{"images":-1,"loss":0,"correct":0}'],
    ['sums', '{"images":1,"loss":null,"correct":0}'],
    ['input', '5'],
    ['input', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['classNames', 'null'],
    ['classNames', '[1]'],
    ['classNames', '{"length": 1e9}'],
    ['config', '{'],
    ['config', 'null'],
    ['config', '[]'],
    ['config', '"text"'],
    ['config', '{"method": "biper"}'],
    ['config', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['config', 'x'.repeat(2e7)],
    ['config', config({ architecture: 'constructor' })],
    ['config', config({ method: '__proto__' })],
    ['config', config({ omega0: 'twenty' })],
    ['config', config({ quantizers: {} })],
    ['config', config({ quantizers: null })],
    ['config', config({ methodOptions: { none: 1 } })],
    ['config', config({ stages: undefined })],
    ['config', config({ stages: { 1: { epochs: 1e300 } } })],
    ['config', config({ network: { order: 'other' } })],
    ['config', config({ seed: -1 })],
  ])('with %s = %.40j is refused by name', (key, text) => {
    const read = (): unknown => readCheckpoint(checkpoint({ [key]: text }), 'a.safetensors');
    expect(read).toThrow(expect.objectContaining({ name: 'SignwaveError', code: 'E_RESUME' }));
    const message = messageOf(read);
    expect(message.length).toBeLessThan(1_000);
    expect(message).toContain('a.safetensors');
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('with a weight of %d is refused', (value) => {
    expect(messageOf(() => readCheckpoint(checkpoint({}, Float32Array.of(1, value)), 'a.safetensors'))).toBe(
      `a.safetensors: tensor "w" holds ${value} at element 1: the training diverged, take an earlier checkpoint`,
    );
  });

  test('with 200,000 names is read at once', () => {
    const tensors = Array.from({ length: 200_000 }, (_, i) => ({
      name: `w${i}`,
      shape: [0],
      data: new Float32Array(),
    }));
    const file = writeSafetensors({ metadata: METADATA, tensors });
    expect(readCheckpoint(file, 'a.safetensors').tensors.size).toBe(200_000);
  });

  test('is compared with a config in few words', () => {
    const other = { ...CONFIG, method: 'x'.repeat(1e6) } as unknown as typeof CONFIG;
    expect(messageOf(() => verifySameConfig('a', CONFIG, other)).length).toBeLessThan(500);
  });
});

describe('metrics that no run wrote', () => {
  test.each([
    ['no JSON', '{'],
    ['another value', 'null'],
    ['deep JSON', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['a line without numbers', '{"kind":"epoch","step":3}'],
    ['layers that are none', '{"kind":"step","step":"3"}'],
  ])('are refused by line: %s', async (_name, line) => {
    const path = join(await temporaryFolder(), 'metrics.jsonl');
    await writeFile(path, `${line}\n`);
    await expect(new MetricsFile(path).cutAfter(1)).rejects.toMatchObject({
      code: 'E_RESUME',
      message: `${path}: line 1 is no line of metrics; repair it, or delete the file`,
    });
  });
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was refused';
}
