import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.js';
import { readSweep, type Sweep } from '../../src/sweep/read-sweep.js';

const folder = mkdtempSync(join(tmpdir(), 'signwave-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'sweep.json');

const BASE = { architecture: 'demo_1w1a', data: { format: 'fashion-mnist', folder: 'data' }, output: 'runs' };

function read(sweep: unknown, places: { folder?: string; data?: string } = {}): Promise<Sweep> {
  writeFileSync(path, typeof sweep === 'string' ? sweep : JSON.stringify(sweep));
  return readSweep(path, { ...places, baseOf: (base) => resolve(dirname(path), base) });
}
const namesOf = async (sweep: object): Promise<string[]> =>
  (await read({ base: BASE, ...sweep })).runs.map(({ name }) => name);

describe('a sweep', () => {
  test('of a grid has every combination, the last key changing first', async () => {
    expect(await namesOf({ grid: { omega0: [10, 20], seed: [0, 1] } })).toEqual([
      'omega0=10,seed=0',
      'omega0=10,seed=1',
      'omega0=20,seed=0',
      'omega0=20,seed=1',
    ]);
  });

  test('of patches has a run for each, and of both each patch with each combination', async () => {
    const patches = { sgd: {}, adam: { stages: { '2': { optimizer: 'adam' } } } };
    expect(await namesOf({ patches })).toEqual(['sgd', 'adam']);
    expect(await namesOf({ patches, grid: { seed: [0, 1] } })).toEqual([
      'sgd,seed=0',
      'sgd,seed=1',
      'adam,seed=0',
      'adam,seed=1',
    ]);
  });

  test('gives each run the config that a file of it would have', async () => {
    const stages = { '2': { epochs: 3, schedule: { type: 'cosine' } } };
    const { runs } = await read({
      base: { ...BASE, stages, weightClip: 1 },
      patches: { adam: { stages: { '2': { optimizer: 'adam' } }, weightClip: null } },
      grid: { 'stages.2.schedule': [{ type: 'poly', power: 2 }], 'data.trainImages': [16] },
    });
    const written = {
      ...BASE,
      stages: { '2': { epochs: 3, optimizer: 'adam', schedule: { type: 'poly', power: 2 } } },
      data: { ...BASE.data, trainImages: 16 },
      output: join('runs', runs[0]!.name),
    };
    expect(runs[0]!.written).toEqual(written);
    expect(runs[0]!.config).toEqual(parseConfig(JSON.stringify(written), 'a.json'));
  });

  test('takes its base from a file beside it, which may have comments, and its folders from options', async () => {
    writeFileSync(join(folder, 'base.json'), `{ // all\n "$schema": "x.json", ${JSON.stringify(BASE).slice(1)}`);
    const { runs, basePath } = await read(
      { $schema: 's.json', base: 'base.json', grid: { seed: [3] } },
      { folder: 'other', data: 'elsewhere' },
    );
    expect(basePath).toBe(join(folder, 'base.json'));
    expect(runs[0]!.config).toMatchObject({ output: join('other', 'seed=3'), data: { folder: 'elsewhere' }, seed: 3 });
    expect(runs[0]!.written).not.toHaveProperty('$schema');
  });

  test('of a value of one stage trains all stages of the method, where the base names none', async () => {
    const { runs } = await read({ base: BASE, grid: { 'stages.1.epochs': [3, null], method: ['biper', 'bnn'] } });
    expect(runs.map(({ config }) => [Object.keys(config.stages), config.stages['1']!.epochs])).toEqual([
      [['1', '2'], 3],
      [['1'], 3],
      [['1', '2'], expect.any(Number)],
      [['1'], expect.any(Number)],
    ]);
    const dropped = await read({ base: BASE, grid: { 'stages.2': [null] } });
    expect(Object.keys(dropped.runs[0]!.config.stages)).toEqual(['1']);
  });
});

describe('a sweep is refused', () => {
  const axis = { seed: [0] };
  test.each([
    ['that isn’t JSON', '{', /sweep\.json: it is no JSON/],
    ['that is a list', [], /it is a list, expected an object/],
    ['with an unknown key', { base: BASE, axes: axis }, /"axes" is unknown; a sweep may have \$schema, base, grid/],
    ['without a base', { grid: axis }, /"base" is missing; it has to be given/],
    ['whose base is a list', { base: [BASE], grid: axis }, /"base" is a list/],
    ['whose base is a number', { base: 3, grid: axis }, /"base" is 3, expected string, Object/],
    ['that changes nothing', { base: BASE }, /it names no runs; give "grid", "patches" or both/],
    ['with an empty grid', { base: BASE, grid: {} }, /it names no runs/],
    ['with a key without values', { base: BASE, grid: { seed: [] } }, /"grid.seed" has 0 values, expected 1 or more/],
    ['with a value that is no list', { base: BASE, grid: { seed: 3 } }, /"grid.seed" is 3, expected Array/],
    ['with a value twice', { base: BASE, grid: { seed: [1, 2, 1] } }, /"grid.seed" has 1 twice/],
    ['with an empty key', { base: BASE, grid: { 'stages..epochs': [1] } }, /"grid" has "stages..epochs"/],
    ['with a key in another', { base: BASE, grid: { stages: [{}], 'stages.1.epochs': [1] } }, /has both "stages" and/],
    ['with output folders', { base: BASE, grid: { output: ['a'] } }, /each run has a folder of its own/],
    ['with a list of patches', { base: BASE, patches: [{}] }, /"patches" is a list, expected an object/],
    ['with a patch that is a list', { base: BASE, patches: { a: [] } }, /"patches.a" is a list/],
    ['with a patch that is a number', { base: BASE, patches: { a: 1 } }, /"patches.a" is 1, expected Object/],
    ['with a patch whose name is a path', { base: BASE, patches: { '../a': {} } }, /a name of up to 60 letters/],
    ['with a patch of the output', { base: BASE, patches: { a: { output: 'b' } } }, /"patches.a" sets "output"/],
    [
      'with a patch of what the grid sets',
      { base: BASE, grid: { 'stages.1.epochs': [1] }, patches: { a: { stages: { '1': { epochs: 2 } } } } },
      /"patches.a" sets "stages.1.epochs", which the grid sets as well/,
    ],
    [
      'with a million runs',
      { base: BASE, grid: { seed: [...Array(1000).keys()], omega0: [...Array(1000).keys()].map((n) => n + 1) } },
      /it has 1000000 runs, more than the 10000/,
    ],
    [
      'with an unknown key in the grid',
      { base: BASE, grid: { omega: [2] } },
      /run omega=2: "omega" is unknown; a config/,
    ],
    [
      'with a wrong value in its last run',
      { base: BASE, grid: { seed: [0, 1, 'x'] } },
      /run seed=x: "seed" is x, expected number/,
    ],
    ['with an unknown key in a patch', { base: BASE, patches: { a: {}, b: { rate: 1 } } }, /run b: "rate" is unknown/],
    [
      'with a base that lacks data',
      { base: { architecture: 'demo_1w1a', output: 'a' }, grid: axis },
      /"data" is missing/,
    ],
    ['without a folder', { base: { ...BASE, output: undefined }, grid: axis }, /no folder for its runs is named/],
  ])('%s', async (_, sweep, message) => {
    await expect(read(sweep)).rejects.toMatchObject({ code: 'E_CONFIG', message: expect.stringMatching(message) });
  });

  test('whose base isn’t there', async () => {
    await expect(read({ base: 'none.json', grid: axis })).rejects.toMatchObject({
      code: 'E_IO',
      message: expect.stringContaining(join(folder, 'none.json')),
    });
  });
});
