import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../cli/signwave.js';
import { type Bug, interruptAll, type Tally } from './campaign.js';
import { type Command, WAYS, type Way } from './command.js';
import { COMMAND_NAMES, type CommandName } from './commands.js';
import type { Files } from './files.js';
import { judgeInterrupted, judgeNext, type Left, outcomeOf } from './judge.js';
import { readOptions } from './options.mjs';
import { pointOf } from './points.js';

const PROGRAM = join(ROOT, 'cli/dist/signwave.mjs');
const PRELOAD = join(ROOT, 'test/interrupt/end-at-call.mjs');

interface Tried {
  readonly commands: readonly CommandName[];
  readonly ways: readonly Way[];
  readonly points: number;
  readonly program?: string;
}

async function interrupt({ program = PROGRAM, ...options }: Tried): Promise<{ tallies: Tally[]; bugs: Bug[] }> {
  const tallies: Tally[] = [];
  const bugs: Bug[] = [];
  await interruptAll({
    ...{ ...options, program, preload: PRELOAD, root: ROOT, seed: 1 },
    onBug: (bug) => bugs.push(bug),
    // Where there is no small disk, a string says why.
    onTally: (_command, _about, _way, tally) => typeof tally !== 'string' && tallies.push(tally),
  });
  return { tallies, bugs };
}

describe.skipIf(process.platform === 'win32')('what is interrupted', { timeout: 240_000 }, () => {
  test('keeps its outputs whole, and does all when it is run again', async () => {
    const { tallies, bugs } = await interrupt({
      commands: ['zoo', 'export-c'],
      ways: ['kill', 'int', 'disk'],
      points: 3,
    });
    expect(bugs).toEqual([]);
    expect(tallies.reduce((sum, it) => sum + it.interrupted, 0)).toBeGreaterThan(0);
  });

  test('and writes in place is found', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signwave-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const program = join(folder, 'in-place.mjs');
    const script = `
      import { open, rm, writeFile } from 'node:fs/promises';
      const path = process.argv[process.argv.indexOf('-o') + 1];
      const bytes = Buffer.alloc(10_000, process.argv[2]);
      await writeFile('note.tmp', '');
      const file = await open(path, 'w');
      for (let i = 0; i < 10; i++) await file.write(bytes, 1_000 * i, 1_000);
      await file.close();
      await rm('note.tmp');`;
    writeFileSync(program, script);
    const { bugs } = await interrupt({ commands: ['zoo'], ways: ['kill'], points: 8, program });
    expect(bugs.map(({ problem }) => problem)).toContain('a.sgnw is neither what it was nor whole');
  });
});

describe('what is wrong with an interrupted command', () => {
  const command: Command = { about: '', starts: ['old'], args: () => [], outputs: ['a'] };
  const files = (entries: Record<string, string>): Files =>
    new Map(Object.entries(entries).map(([path, text]) => [path, Buffer.from(text)]));
  const left = (found: Record<string, string>, ended: Partial<Left['ended']> = {}): Left => ({
    ended: { code: null, signal: 'SIGTERM', stderr: '', ms: 0, ...ended },
    ...{ start: files({ a: 'old' }), found: files(found), expected: files({ a: 'new' }), elsewhere: [] },
  });
  const judged = (way: Way, ...args: Parameters<typeof left>) => judgeInterrupted(command, way, left(...args));

  test('is not that its output is as it was, or whole and new, or that a temporary file is left', () => {
    expect(judged('term', { a: 'old' })).toBeUndefined();
    expect(judged('term', { a: 'new', '.x.tmp': '' })).toBeUndefined();
    expect(outcomeOf(command, left({ a: 'old' }))).toBe('before');
    expect(outcomeOf(command, left({ a: 'new' }))).toBe('after');
  });

  test('is an output that is half written or gone', () => {
    expect(judged('term', { a: 'ne' })).toBe('a is neither what it was nor whole');
    expect(judged('term', {})).toBe('a was there and is gone');
  });

  test('is success without the output, or with something left beside it', () => {
    const done = { code: 0, signal: null };
    expect(judged('term', { a: 'old' }, done)).toBe('it succeeded without its outputs');
    expect(judged('term', { a: 'new', '.x.tmp': '' }, done)).toBe('it has left .x.tmp');
    expect(judged('disk', { a: 'old' }, { code: 1, signal: null, stderr: 'E_IO a: no space left on device\n' })).toBe(
      undefined,
    );
  });

  test('is another status or text than the documented one', () => {
    expect(judged('term', { a: 'old' }, { signal: 'SIGSEGV' })).toBe('SIGTERM ends in status SIGSEGV: ');
    expect(judged('disk', { a: 'old' }, { code: 1, signal: null, stderr: 'oh\n' })).toMatch(/^a full disk ends in/);
    const stderr = 'unexpected error Error: x\n    at y (z.mjs:1:1)\n';
    expect(judged('term', { a: 'old' }, { code: 1, signal: null, stderr })).toMatch(/^a foreign error/);
  });

  test('is a next run that fails, has other bytes or leaves something', () => {
    const { ended } = left({});
    const done = { code: 0, signal: null };
    const next = (...args: Parameters<typeof left>) => judgeNext(command, ended, left(...args));
    expect(next({ a: 'new' }, done)).toBeUndefined();
    expect(next({ a: 'old' }, { code: 1 })).toMatch(/^the next run ends in status 1/);
    expect(next({ a: 'old' }, done)).toBe('after the next run, a is other than that of an undisturbed one');
    expect(next({ a: 'new', '.lock': '' }, done)).toBe('after the next run there is .lock');
  });
});

test('points are spread over time and calls, and are the same for one seed', () => {
  const undisturbed = new Map([['old' as const, { ms: 1_000, calls: 50, outputBytes: 1e5, outputFiles: 1 }]]);
  const points = (way: Way, seed: number) =>
    Array.from({ length: 100 }, (_, number) => pointOf(way, number, { points: 100, seed, undisturbed }));
  expect(points('kill', 1)).toEqual(points('kill', 1));
  expect(points('kill', 1)).not.toEqual(points('kill', 2));
  const moments = points('kill', 1).map((it) => it.interruption!.moment);
  expect(new Set(moments.flatMap((it) => ('at' in it ? it.at : []))).size).toBe(50);
  expect(moments.filter((it) => 'ms' in it && it.ms > 900)).toHaveLength(5);
  expect(new Set(points('disk', 1).map((it) => JSON.stringify(it.room))).size).toBeGreaterThan(75);
});

test.each([
  [
    ['--only', 'zoo,run', '--how', 'disk', '--seed', '7', '--points', '9', '--point', '8'],
    {
      options: {
        ...{ points: 9, seed: 7, commands: ['zoo', 'run'], ways: ['disk'], only: 8 },
        results: 'build/interrupt/results.json',
      },
    },
  ],
  [['--only', 'sing'], { problem: `--only takes some of ${COMMAND_NAMES.join(',')}, not sing` }],
  [['--how', 'asking'], { problem: `--how takes some of ${WAYS.join(',')}, not asking` }],
  [['--points', '0'], { problem: '--points takes a whole number above 0, not 0' }],
  [['--point', '100'], { problem: '--point takes a number below that of --points, not 100' }],
  [['--help'], { help: true }],
])('the options %j are read, or refused in words', (args, expected) => {
  expect(readOptions(args, { commands: COMMAND_NAMES, ways: WAYS })).toEqual(expected);
});
