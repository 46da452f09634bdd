import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { readOptions, USAGE } from '../options.mjs';

describe('npm run bench', () => {
  test('measures everything beside web engines unless it is told otherwise', () => {
    expect(readOptions([])).toEqual({
      options: { peers: 'web', rounds: 15, only: [], networks: [], shapes: [], write: false, documents: false },
    });
  });

  test('takes parts and networks one by one', () => {
    const args = [
      '--only',
      'layers',
      '--only',
      'scaling',
      '--network',
      'a',
      '--rounds',
      '3',
      '--peers',
      'all',
      '--write',
    ];
    expect(readOptions(args)).toMatchObject({
      options: { only: ['layers', 'scaling'], networks: ['a'], rounds: 3, peers: 'all', write: true },
    });
  });

  test.each([['--help'], ['-h', '--rounds', '0']])('prints its options for %s', (...args) => {
    expect(readOptions(args)).toEqual({ help: true });
    for (const option of ['--peers', '--rounds', '--only', '--network', '--shapes', '--write', '--documents'])
      expect(USAGE).toContain(`\n  ${option} `);
  });

  test.each([
    ['an option that it does not have', ['--fast'], /Unknown option '--fast'/],
    ['an argument', ['layers'], /Unexpected argument 'layers'/],
    ['an option without its value', ['--rounds'], /--rounds/],
    ['no rounds', ['--rounds', '0'], /--rounds takes a number from 1 on, not 0/],
    ['rounds that are no number', ['--rounds', 'many'], /not many/],
    ['other peers', ['--peers', 'some'], /--peers takes one of none, web, all, not some/],
    ['another part', ['--only', 'larq'], /--only takes one of layers, networks, scaling, ablations, not larq/],
    ['layers of a file as published results', ['--shapes', 'a.json', '--write'], /leave --write/],
    ['documents and a measurement', ['--documents', '--write'], /--documents measures nothing/],
  ])('refuses %s in a line', (_, args, message) => {
    const { problem } = readOptions(args) as { problem: string };
    expect(problem).toMatch(message);
    expect(problem).not.toContain('\n');
  });
});

describe('npm run bench, before any package is installed', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const clone = mkdtempSync(join(tmpdir(), 'signwave-bench-'));
  for (const path of [
    'scripts/bench.mjs',
    'scripts/modules/bundle-for-node.mjs',
    'scripts/modules/maintainers-data.mjs',
    'scripts/modules/parse-options.mjs',
    'bench/options.mjs',
    'bench/output-change.mjs',
  ])
    cpSync(join(root, path), join(clone, path));
  afterAll(() => rmSync(clone, { recursive: true }));
  const bench = (...args: string[]) =>
    spawnSync(process.execPath, [join(clone, 'scripts/bench.mjs'), ...args], { encoding: 'utf8' });

  test('prints its options', () => {
    expect(bench('--help')).toMatchObject({ status: 0, stdout: `${USAGE}\n`, stderr: '' });
  });

  test.each([
    [['--fast'], /^Unknown option '--fast'/],
    [['--network', 'mine'], /^--network takes one of resnet20-cifar10, .*, not mine\n/],
  ])('refuses %j in two lines, and says where the options are', (args, message) => {
    const { status, stderr } = bench(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(stderr).toContain('npm run bench -- --help lists the options');
  });
});
