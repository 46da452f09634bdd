import { describe, expect, test } from 'vitest';
import { runNames } from '../../src/sweep/run-names.js';

const nameOf = (grid: Record<string, unknown>, patch?: string): string => runNames([{ patch, grid }])[0]!;
const HASH = /-[0-9a-f]{8}$/;

describe('the name of a run', () => {
  test.each([
    ['adam', {}, 'adam'],
    [undefined, { omega0: 20, seed: 1 }, 'omega0=20,seed=1'],
    ['adam', { 'stages.1.learningRate': 0.05 }, 'adam,stages.1.learningRate=0.05'],
    [undefined, { a: 1e-7, b: true, c: null, d: -0.5, e: '' }, 'a=1e-7,b=true,c=null,d=-0.5,e='],
  ])('of patch %s and values %o is %s', (patch, grid, name) => {
    expect(nameOf(grid, patch)).toBe(name);
  });

  test('says what is in a list or an object as well as it can', () => {
    expect(nameOf({ schedule: { type: 'steps', at: [0.5, 0.75] } })).toMatch(
      /^schedule=type-steps-at-0.5-0.75-[0-9a-f]{8}$/,
    );
  });

  test.each([
    ['a path', '/data/cifar-10'],
    ['a way out of the folder', '../..'],
    ['characters that shells and terminals read', '$(x);\u001b[2J\n*?"\'<>|:\\'],
    ['another alphabet', 'Größe'],
    ['an end that Windows drops', 'a.'],
    ['a thousand characters', 'x'.repeat(1000)],
  ])('of %s is one of a folder on every system, and no other value has it', (_, value) => {
    const name = nameOf({ key: value });
    expect(name).toMatch(/^key=[A-Za-z0-9._+-]*$/);
    expect(name).toMatch(HASH);
    expect(name.length).toBeLessThanOrEqual(120);
    expect(nameOf({ key: `${value}!` })).not.toBe(name);
  });

  test('is none that Windows keeps for a device', () => {
    expect(nameOf({}, 'NUL')).toMatch(HASH);
    expect(nameOf({}, 'com1.a')).toMatch(HASH);
    expect(nameOf({}, 'console')).toBe('console');
  });

  test('is its own where values look alike', () => {
    const names = runNames([1, '1', 'a b', 'a-b', 'Adam', 'adam', 'ADAM'].map((value) => ({ grid: { key: value } })));
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(7);
  });

  test('stays when runs with other names are added', () => {
    const few = [{ grid: { a: 1 } }, { grid: { a: '/x' } }];
    expect(runNames([{ grid: { a: 2 } }, ...few]).slice(1)).toEqual(runNames(few));
  });
});
