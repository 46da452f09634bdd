import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Outcome, PROGRAM, signwaveIn, temporaryFolder } from './signwave.js';
import { checkpointsIn, demoConfig, writeDemoData } from './tiny-training.js';

const folder = temporaryFolder();
const data = join(folder, 'data');
const sweepPath = join(folder, 'sweep.json');

/** Of a test that trains several runs several times, on a machine that does other things, too. */
const TIMEOUT_MS = 300_000;

/** The folder that a command runs in: output folders are relative, so that checkpoints of two of them are equal byte for byte. */
let place: string;
let places = 0;
beforeEach(() => {
  place = join(folder, `place${places++}`);
  mkdirSync(place);
});

const base = (epochs: number) => demoConfig(data, epochs);
const SWEEP = { base: base(1), patches: { low: { omega0: 10 }, high: {} }, grid: { seed: [0, 1] } };
const NAMES = ['low,seed=0', 'low,seed=1', 'high,seed=0', 'high,seed=1'];

beforeAll(async () => {
  await writeDemoData(data);
  writeFileSync(sweepPath, JSON.stringify(SWEEP));
});

const trainArgs = (sweep: string, ...args: readonly string[]): string[] => [
  ...['train', '--sweep', sweep, '--backend', 'wasm'],
  ...args,
];
const train = (sweep: string, ...args: readonly string[]): Promise<Outcome> =>
  signwaveIn(place, ...trainArgs(sweep, ...args));
const summary = (sweep = sweepPath): Promise<Outcome> => signwaveIn(place, 'train', '--sweep', sweep, '--summary');

function write(name: string, sweep: unknown): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(sweep));
  return path;
}

const checkpoints = (): Record<string, string> => checkpointsIn(join(place, 'runs'));

/** Starts a command, and waits until it has said something. */
async function start(
  args: readonly string[],
  said: string,
): Promise<{ child: ChildProcess; end: Promise<number | null> }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: place, stdio: ['ignore', 'ignore', 'pipe'] });
  const end = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let stderr = '';
  await new Promise<void>((resolve, reject) => {
    void end.then(() => reject(new Error(`it ended before it said ${said}: ${stderr}`)));
    child.stderr!.on('data', (text) => {
      stderr += text;
      if (stderr.includes(said)) resolve();
    });
  });
  return { child, end };
}

describe('train --sweep', () => {
  test(
    'in shares gives the checkpoints and the summary of one process',
    async () => {
      const whole = await train(sweepPath);
      expect(whole, whole.stderr).toMatchObject({ code: 0 });
      expect(readdirSync(join(place, 'runs')).sort()).toEqual([...NAMES].sort());
      const [undivided, said] = [checkpoints(), (await summary()).stdout];
      expect(Object.keys(undivided)).toHaveLength(8);
      expect(said).toBe(whole.stdout);

      place = join(folder, 'shares');
      mkdirSync(place);
      await train(sweepPath, '--shard', '3/3');
      expect(readdirSync(join(place, 'runs'))).toEqual([NAMES[2]]);
      expect(await summary()).toMatchObject({
        code: 1,
        stderr: `3 of 4 runs aren’t finished: ${[NAMES[0], NAMES[1], NAMES[3]].join(', ')}\n`,
      });
      await Promise.all([train(sweepPath, '--shard', '1/3'), train(sweepPath, '--only', NAMES[1]!)]);
      expect(checkpoints()).toEqual(undivided);
      expect(await summary()).toEqual({ code: 0, stdout: said, stderr: '' });
    },
    TIMEOUT_MS,
  );

  test(
    'killed in the middle does no epoch again and ends with the same checkpoints',
    async () => {
      const long = write('long', { base: base(3), patches: { a: {}, b: { seed: 5 } } });
      const { child, end } = await start(trainArgs(long), 'run 2 of 2');
      await new Promise<void>((resolve) => {
        child.stderr!.on('data', (text) => String(text).includes('epoch 2/3') && resolve());
      });
      child.kill('SIGKILL');
      await end;
      const again = await train(long);
      expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/run 1 of 2: a\nit is finished\nrun 2/) });
      expect(again.stderr).not.toMatch(/epoch [12]\/3/);
      const killed = checkpoints();

      place = join(folder, 'never-killed');
      mkdirSync(place);
      expect(await train(long)).toMatchObject({ code: 0 });
      expect(checkpoints()).toEqual(killed);
    },
    TIMEOUT_MS,
  );

  test('asked to end saves the run, begins no other, and goes on with the same command', async () => {
    const long = write('endless', { base: base(100_000), grid: { seed: [0, 1] } });
    const { child, end } = await start(trainArgs(long), 'epoch 1/');
    child.kill('SIGTERM');
    expect(await end).toBe(130);
    expect(readdirSync(join(place, 'runs'))).toEqual(['seed=0']);
    expect(existsSync(join(place, 'runs', 'seed=0', 'latest.safetensors'))).toBe(true);
  });

  test('is refused by the name of its last run before the first one is trained', async () => {
    const bad = write('bad', { base: base(1), grid: { seed: [0, 1, -1] } });
    expect(await train(bad)).toEqual({
      code: 1,
      stdout: '',
      stderr: `E_CONFIG ${bad}, run seed=-1: "seed" is -1, expected 0 or more\n`,
    });
    expect(readdirSync(place)).toEqual([]);
  });

  test('refuses a folder with a run of another config, before anything is trained', async () => {
    const path = write('changed', { base: base(1), grid: { seed: [0, 1] } });
    expect(await train(path, '--only', 'seed=1')).toMatchObject({ code: 0 });
    write('changed', { base: { ...base(1), batchSize: 3 }, grid: { seed: [0, 1] } });
    expect(await train(path)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^E_RESUME runs\/seed=1\/config.json was made with batchSize = 2, but the config has 3/,
      ),
    });
    expect(readdirSync(join(place, 'runs'))).toEqual(['seed=1']);
  });

  test('trains the others when one diverges, and names it', async () => {
    const rates = { 'stages.2.learningRate': [1e30, 0.01] };
    const { code, stdout, stderr } = await train(write('diverging', { base: base(2), grid: rates }), '--json');
    expect(code).toBe(1);
    expect(stderr).toContain('E_TRAINING stages.2.learningRate=1e+30: ');
    expect(stderr).toContain('1 of 2 failed: stages.2.learningRate=1e+30');
    expect(JSON.parse(stdout)).toMatchObject({
      output: 'runs',
      finished: 1,
      unfinished: ['stages.2.learningRate=1e+30'],
      runs: [
        { run: 'stages.2.learningRate=1e+30' },
        {
          run: 'stages.2.learningRate=0.01',
          grid: { 'stages.2.learningRate': 0.01 },
          state: 'finished',
          epochs: 2,
          epochsOf: 2,
          bestTestAccuracy: expect.any(Number),
          lastTestAccuracy: expect.any(Number),
          backend: 'wasm',
        },
      ],
    });
  });

  test('ends with what other runs need, too', async () => {
    const path = write('no-room', { base: base(1), grid: { seed: [0, 1] } });
    mkdirSync(join(place, 'runs'));
    writeFileSync(join(place, 'runs', 'seed=0'), 'a file where a folder is needed');
    const { code, stderr } = await train(path);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /run 1 of 2: seed=0\nseed=0 failed by what other runs need, too; .*\nE_IO runs\/seed=0 can't be made: .*\n$/,
      ),
    });
    expect(readdirSync(join(place, 'runs'))).toEqual(['seed=0']);
  });

  test('leaves a run alone that another process trains', async () => {
    const long = write('shared', { base: base(100_000), grid: { seed: [0, 1] } });
    const { child, end } = await start(trainArgs(long, '--only', 'seed=1'), 'epoch 1/');
    const other = await train(long, '--only', 'seed=1');
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('E_USAGE seed=1: another training runs in'),
    });
    child.kill('SIGKILL');
    await end;
  });

  test('lists its runs, by name or with their configs, for programs that start one each', async () => {
    expect(await train(sweepPath, '--list')).toEqual({ code: 0, stdout: `${NAMES.join('\n')}\n`, stderr: '' });
    const { stdout } = await train(sweepPath, '--list', 'jsonl', '--shard', '2/4');
    expect(JSON.parse(stdout)).toEqual({
      run: NAMES[1],
      config: { ...base(1), omega0: 10, seed: 1, output: `runs/${NAMES[1]}` },
    });
    expect(readdirSync(place)).toEqual([]);
  });

  test('leaves a config in each folder by which the run goes on alone', async () => {
    const path = write('alone', { base: base(1), grid: { seed: [0] } });
    await train(path, '--data', data, '-o', 'elsewhere');
    const config = join('elsewhere', 'seed=0', 'config.json');
    expect(await signwaveIn(place, 'train', config, '--backend', 'wasm', '--resume')).toMatchObject({ code: 0 });
  });

  test('writes the report that a killed run lacks, and trains no epoch again', async () => {
    const path = write('reported', { base: base(1), grid: { seed: [0] } });
    await train(path);
    const report = join(place, 'runs', 'seed=0', 'report.html');
    // As of an earlier end of the run: one that is older than the last checkpoint.
    utimesSync(report, 0, 0);
    expect((await summary(path)).stderr).toBe('1 of 1 runs aren’t finished: seed=0\n');
    const again = await train(path);
    expect(again).toMatchObject({ code: 0, stderr: expect.not.stringContaining('epoch 1/1') });
    expect(statSync(report).mtimeMs).toBeGreaterThan(0);
  });

  test.each([
    ['a run that there isn’t', ['--only', 'seed=0'], `has no run "seed=0"; it has ${NAMES.join(', ')}`],
    ['a share and a name', ['--only', NAMES[0]!, '--shard', '1/2'], 'cannot be used with'],
    ['a share that there isn’t', ['--shard', '3/2'], 'share 3 of 2'],
    ['--resume, which it does by itself', ['--resume'], 'cannot be used with'],
    ['--overwrite', ['--overwrite'], 'cannot be used with'],
    ['a config beside it', ['other.json'], 'other.json: a sweep names its config itself'],
    ['an output folder that has its data in it', ['-o', data], 'is the folder of the data'],
  ])('refuses %s', async (_, args, message) => {
    expect(await train(sweepPath, ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(readdirSync(place)).toEqual([]);
  });

  test('removes the lock of a process that was killed when its run was finished, whether others are finished or not', async () => {
    const path = write('finished', { base: base(1), grid: { seed: [0, 1] } });
    expect(await train(path, '--only', 'seed=0')).toMatchObject({ code: 0 });
    const lock = join(place, 'runs', 'seed=0', '.lock');
    for (let n = 0; n < 2; n++) {
      // Nobody has this number now; the first time, the other run isn't finished.
      writeFileSync(lock, JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1, started: '1' }));
      expect(await train(path)).toMatchObject({ code: 0 });
      expect(existsSync(lock)).toBe(false);
    }
    const elsewhere = JSON.stringify({ host: 'another-machine', pid: 1, started: '1' });
    writeFileSync(lock, elsewhere);
    expect(await train(path)).toMatchObject({ code: 0 });
    expect(readFileSync(lock, 'utf8')).toBe(elsewhere);
  });

  test('is what its options belong to', async () => {
    expect(await signwaveIn(place, 'train', 'a.json', '--summary')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--summary belongs to --sweep'),
    });
  });
});
