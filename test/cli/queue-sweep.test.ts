import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { seededRandom } from '../seeded-random.js';
import { describeWithNats } from './describe-with-nats.js';
import { NatsServer } from './nats-server.js';
import { Worker } from './queue-workers.js';
import { type Outcome, PROGRAM, ROOT, signwaveIn, temporaryFolder } from './signwave.js';
import { checkpointsIn, demoConfig, writeDemoData } from './tiny-training.js';

/** Workers that are killed, one after the other. `SIGNWAVE_KILLS=50` for a campaign. */
const KILLS = Number(process.env.SIGNWAVE_KILLS ?? 2);
const SEED = Number(process.env.SIGNWAVE_SEED ?? 1);
/** Of a test that trains several runs several times, on a machine that does other things, too. */
const TIMEOUT_MS = 300_000;
/** Epochs of a run that goes on until it is ended. */
const ENDLESS = 100_000;
/** In one batch: a step then takes several times as long as the broker waits. */
const LONG_STEP_IMAGES = 1500;

const folder = temporaryFolder();
const data = join(folder, 'data');
let server: NatsServer;
/** The disk that all workers of a test share. Output folders are relative to it, so that checkpoints are equal byte for byte. */
let place: string;
let stream: string;
let places = 0;

const queue = (): string[] => ['--nats', server.url, '--stream', stream];
const base = (epochs: number) => demoConfig(data, epochs);

function write(name: string, sweep: unknown): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(sweep));
  return path;
}

const submit = (sweep: string, ...options: readonly string[]): Promise<Outcome> =>
  signwaveIn(place, 'submit', '--sweep', sweep, ...queue(), '--ack-wait', '1', ...options);
const collect = (sweep: string, ...options: readonly string[]): Promise<Outcome> =>
  signwaveIn(place, 'collect', '--sweep', sweep, ...queue(), ...options);
const worker = (...options: readonly string[]): Worker =>
  new Worker(['--train', '--backend', 'wasm', ...queue(), ...options], { cwd: place });
const summary = (sweep: string, ...options: readonly string[]): Promise<Outcome> =>
  signwaveIn(place, 'train', '--sweep', sweep, '--summary', ...options);

/** What one process trains, in a folder of its own. */
async function undivided(sweep: string): Promise<{ checkpoints: Record<string, string>; stdout: string }> {
  const alone = join(place, 'alone');
  mkdirSync(alone);
  const { code, stdout, stderr } = await signwaveIn(alone, 'train', '--sweep', sweep, '--backend', 'wasm');
  expect(code, stderr).toBe(0);
  return { checkpoints: checkpointsIn(join(alone, 'runs')), stdout };
}

async function end(...workers: readonly Worker[]): Promise<void> {
  for (const it of workers) it.kill('SIGTERM');
  for (const it of workers) expect(await it.ended, it.stderr).toEqual({ code: 0, signal: null });
}

async function publish(token: string, text: string | Uint8Array): Promise<void> {
  const connection = await connect({ servers: server.address });
  connection.publish(`${stream}.task.mine.${token}`, text);
  await connection.drain();
}

const answer = (tail: string) =>
  server.ask(async ({ streams }) => {
    const message = await streams.getMessage(`${stream}_answers`, { last_by_subj: `${stream}.answer.${tail}` });
    return message?.json();
  });
const messagesIn = (name: string) => server.ask(async ({ streams }) => (await streams.info(name)).state.messages);
const inHand = () => server.ask(async ({ consumers }) => (await consumers.info(stream, 'workers')).num_ack_pending);

describeWithNats('a sweep in a queue', () => {
  beforeAll(async () => {
    await writeDemoData(data);
    server = await NatsServer.start();
    return () => server[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    stream = `sweep${places++}`;
    place = join(folder, stream);
    mkdirSync(place);
  });

  test(
    'is trained by two workers to the checkpoints and the summary of one process; submitted twice, it changes nothing',
    async () => {
      const sweep = write('whole', {
        base: base(2),
        patches: { low: { omega0: 10 }, high: {} },
        grid: { seed: [0, 1] },
      });
      expect((await submit(sweep)).stdout).toBe(`${stream}: 4 runs submitted, 0 were there or are finished\n`);
      expect(JSON.parse((await submit(sweep, '--json')).stdout)).toEqual({ submitted: 0, known: 4, again: 0 });
      expect(await collect(sweep)).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^low,seed=0 +queued\n/m),
        stderr: '4 of 4 runs aren’t finished: low,seed=0, low,seed=1, high,seed=0, high,seed=1\n',
      });
      const workers = [worker(), worker()];
      const collected = await collect(sweep, '--wait');
      expect(collected).toMatchObject({ code: 0, stderr: '' });
      await end(...workers);
      const counts = workers.map(({ stderr }) =>
        Number(/(\d+) runs answered, 0 of them with an error/.exec(stderr)![1]),
      );
      expect(counts.reduce((sum, it) => sum + it)).toBe(4);
      const one = await undivided(sweep);
      expect(Object.keys(one.checkpoints)).toHaveLength(8);
      expect(checkpointsIn(join(place, 'runs'))).toEqual(one.checkpoints);
      expect(collected.stdout).toBe(one.stdout);
      expect((await collect(sweep, '--json')).stdout).toBe((await summary(sweep, '--json')).stdout);
      expect((await submit(sweep)).stdout).toContain('0 runs submitted, 4 were there or are finished');
      expect(await messagesIn(stream)).toBe(0);
    },
    TIMEOUT_MS,
  );

  test(
    'goes on where a worker was killed, and repeats an epoch at most',
    async () => {
      const sweep = write('killed', { base: base(4), grid: { seed: [0] } });
      await submit(sweep);
      const first = worker();
      await expect.poll(() => first.stderr, { timeout: 60_000 }).toContain('epoch 2/4');
      first.kill('SIGKILL');
      await first.ended;
      const second = worker();
      expect(await collect(sweep, '--wait')).toMatchObject({ code: 0 });
      await end(second);
      // What was said to have ended was saved, and isn't trained again.
      const trainedBy = (it: Worker): number[] =>
        Array.from(it.stderr.matchAll(/epoch (\d)\/4/g), ([, epoch]) => Number(epoch));
      expect(trainedBy(second).filter((it) => trainedBy(first).includes(it))).toEqual([]);
      expect(trainedBy(second).at(-1)).toBe(4);
      expect(checkpointsIn(join(place, 'runs'))).toEqual((await undivided(sweep)).checkpoints);
    },
    TIMEOUT_MS,
  );

  test(
    `ends with the checkpoints of one process when ${KILLS} workers are killed at random moments`,
    async () => {
      const random = seededRandom(SEED);
      const sweep = write('random', { base: base(5 * KILLS), grid: { seed: [0, 1] } });
      await submit(sweep);
      const workers = [worker(), worker()];
      const all = [...workers];
      for (let n = 0; n < KILLS; n++) {
        await sleep(1000 + random() * 3000);
        workers[n % 2]!.kill('SIGKILL');
        await workers[n % 2]!.ended;
        workers[n % 2] = worker();
        all.push(workers[n % 2]!);
      }
      expect(await collect(sweep, '--wait')).toMatchObject({ code: 0 });
      await end(...workers);
      const epochs = all.map(({ stderr }) => stderr.match(/epoch \d+\//g)?.length ?? 0);
      console.log(
        `seed ${SEED}: ${KILLS} workers killed, ${epochs.reduce((sum, it) => sum + it)} of ${10 * KILLS} epochs said to have ended`,
      );
      expect(checkpointsIn(join(place, 'runs'))).toEqual((await undivided(sweep)).checkpoints);
    },
    TIMEOUT_MS + KILLS * 10_000,
  );

  test(
    'is handed over at once, saved, by a worker that is told to end',
    async () => {
      const sweep = write('handed', { base: base(ENDLESS), grid: { seed: [0] } });
      // Nothing comes back by itself while the test lasts.
      await signwaveIn(place, 'submit', '--sweep', sweep, ...queue(), '--ack-wait', '600');
      const first = worker();
      await expect.poll(() => first.stderr, { timeout: 60_000 }).toContain('epoch 2/');
      await end(first);
      expect(first.stderr).toMatch(/seed=0 is given back; another worker goes on with it\n0 runs answered/);
      const done = Array.from(first.stderr.matchAll(/epoch (\d+)\//g)).length;
      const second = worker();
      await expect.poll(() => second.stderr, { timeout: 60_000 }).toContain(`epoch ${done + 1}/`);
      expect(second.stderr).not.toMatch(new RegExp(`epoch ${done}/`));
      await end(second);
      // Whoever hands a run over has not failed with it.
      expect(await messagesIn(`${stream}_answers`)).toBe(1);
    },
    TIMEOUT_MS,
  );

  test(
    'keeps a run that takes longer than another worker would wait, also within a step',
    async () => {
      const sweep = write('long', { base: { ...base(1), batchSize: LONG_STEP_IMAGES }, grid: { seed: [0] } });
      const large = join(place, 'large');
      await writeDemoData(large, LONG_STEP_IMAGES);
      await submit(sweep, '--ack-wait', '3');
      const workers = [worker('--data', large), worker('--data', large)];
      expect(await collect(sweep, '--wait')).toMatchObject({ code: 0 });
      await end(...workers);
      const { delivered } = await server.ask(({ consumers }) => consumers.info(stream, 'workers'));
      expect(delivered.consumer_seq).toBe(1);
    },
    TIMEOUT_MS,
  );

  test(
    'is not trained twice where another process trains, and answered when that has ended',
    async () => {
      const sweep = write('locked', { base: base(ENDLESS), grid: { seed: [0] } });
      await submit(sweep);
      const alone = new Worker(['--sweep', sweep, '--backend', 'wasm'], { command: 'train', cwd: place });
      await expect.poll(() => alone.stderr, { timeout: 60_000 }).toContain('epoch 1/');
      const waiting = worker();
      await expect
        .poll(() => waiting.stderr.match(/E_USAGE seed=0: another training runs in/g)?.length, { timeout: 60_000 })
        .toBeGreaterThan(1);
      expect(waiting.stderr).not.toContain('epoch');
      alone.kill('SIGKILL');
      await expect.poll(() => waiting.stderr, { timeout: 60_000 }).toContain('epoch');
      await end(waiting);
    },
    TIMEOUT_MS,
  );

  test(
    'answers what cannot be trained with its error, and tries a run again that is submitted again',
    async () => {
      const rates = { 'stages.2.learningRate': [1e30, 0.01] };
      const sweep = write('diverging', { base: base(2), grid: rates });
      await submit(sweep);
      await publish('1', JSON.stringify({ run: 'mine', config: { ...base(1), seed: -1 } }));
      await publish('2', '{not JSON');
      await publish('3', JSON.stringify({ run: '../out', config: base(1) }));
      await publish('4', Uint8Array.of(0xff));
      await publish('5', JSON.stringify({ run: 'mine', config: { ...base(1), output: data } }));
      const one = worker();
      const failed = await collect(sweep, '--wait');
      expect(failed).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/=1e\+30 +failed\n.*=0.01 +finished +2\/2 /),
        stderr: expect.stringMatching(
          /^E_TRAINING stages\.2\.learningRate=1e\+30: .*\n1 of 2 runs .*\n1 of them failed .*; signwave submit --sweep puts/,
        ),
      });
      await expect.poll(() => messagesIn(stream), { timeout: 60_000 }).toBe(0);
      expect(await Promise.all([1, 2, 3, 4, 5].map((n) => answer(`mine.${n}`)))).toEqual([
        { id: 1, error: { code: 'E_CONFIG', message: 'run mine: "seed" is -1, expected 0 or more' } },
        { id: 2, error: { code: 'E_CONFIG', message: expect.stringContaining('message 2: it is no JSON') } },
        { id: 3, error: { code: 'E_CONFIG', message: expect.stringContaining('expected a name of letters') } },
        { id: 4, error: { code: 'E_REQUEST', message: expect.stringContaining('the message is not UTF-8') } },
        { id: 'mine', error: { code: 'E_USAGE', message: expect.stringContaining('is the folder of the data') } },
      ]);
      expect(one.isAlive).toBe(true);
      expect((await submit(sweep)).stdout).toContain('1 runs submitted (1 again, which had failed), 1 were there');
      expect((await collect(sweep)).stderr).not.toContain('E_TRAINING');
      expect((await collect(sweep, '--wait')).stderr).toContain('E_TRAINING');
      await end(one);
    },
    TIMEOUT_MS,
  );

  test(
    'answers a run that ends every worker, and keeps one that is saved when its queue is gone',
    async () => {
      const sweep = write('deadly', { base: { ...base(1), batchSize: LONG_STEP_IMAGES }, grid: { seed: [0] } });
      const large = join(place, 'large');
      await writeDemoData(large, LONG_STEP_IMAGES);
      await submit(sweep);
      for (let n = 0; n < 2; n++) {
        const one = worker('--data', large, '--max-tries', '2');
        await expect.poll(() => one.stderr, { timeout: 60_000 }).toContain('run seed=0');
        one.kill('SIGKILL');
        await one.ended;
      }
      const last = worker('--max-tries', '2');
      expect((await collect(sweep, '--wait')).stderr).toMatch(
        /^E_REQUEST seed=0: 2 workers have begun with this run, and none has finished it\n/,
      );
      const endless = write('gone', { base: base(ENDLESS), grid: { seed: [1] } });
      await submit(endless);
      await expect.poll(() => last.stderr, { timeout: 60_000 }).toContain('epoch 1/');
      await server.ask(async ({ streams }) => {
        for (const name of [stream, `${stream}_answers`]) await streams.delete(name);
      });
      expect(await last.ended).toEqual({ code: 1, signal: null });
      expect(last.stderr).toMatch(/stopping after this step.*\n(.*\n)*E_IO the broker .*stream not found/);
      expect(readdirSync(join(place, 'runs', 'seed=1'))).toEqual(expect.not.arrayContaining(['.lock']));
      expect((await summary(endless)).stdout).toMatch(/seed=1 +unfinished/);
    },
    TIMEOUT_MS,
  );

  test(
    'goes on while the broker is away, and is answered when it is back',
    async () => {
      const sweep = write('broker', { base: base(25), grid: { seed: [0] } });
      await submit(sweep);
      const workers = [worker(), worker()];
      const said = (): string => workers.map(({ stderr }) => stderr).join('');
      await expect.poll(said, { timeout: 60_000 }).toContain('epoch 2/25');
      await server.stop('SIGKILL');
      await sleep(1500);
      await server.start();
      expect(await collect(sweep, '--wait')).toMatchObject({ code: 0 });
      await end(...workers);
      expect(said().match(/epoch \d+\/25/g)).toHaveLength(25);
    },
    TIMEOUT_MS,
  );

  test('is given back by a worker that lacks what it needs, which ends', async () => {
    const sweep = write('data', { base: base(1), grid: { seed: [0] } });
    await submit(sweep);
    const own = ['-o', join(place, 'mine')];
    const lacking = worker(...own, '--data', join(folder, 'nowhere'));
    expect(await lacking.ended).toEqual({ code: 1, signal: null });
    expect(lacking.stderr).toMatch(/E_DATA .*nowhere/);
    expect((await collect(sweep)).stdout).toMatch(/seed=0 +queued/);
    const other = worker(...own);
    expect(JSON.parse((await collect(sweep, '--wait', '--json')).stdout)).toMatchObject({
      runs: [{ run: 'seed=0', state: 'finished', output: join(place, 'mine', 'seed=0') }],
    });
    expect(readdirSync(place)).toEqual(['mine']);
    const config = JSON.parse(readFileSync(join(place, 'mine', 'seed=0', 'config.json'), 'utf8'));
    expect(config).toMatchObject({ output: join(place, 'mine', 'seed=0') });
    await end(other);
  });

  test('leaves runs alone until the back end is there', async () => {
    const sweep = write('backend', { base: base(1), grid: { seed: [0] } });
    await submit(sweep);
    const bare = join(folder, 'bare');
    cpSync(join(PROGRAM, '..'), bare, { recursive: true });
    mkdirSync(join(bare, 'node_modules'));
    symlinkSync(join(ROOT, 'node_modules', '@nats-io'), join(bare, 'node_modules', '@nats-io'));
    const program = join(bare, 'signwave.mjs');
    const without = new Worker(['--train', '--backend', 'wasm', ...queue()], { cwd: place, program });
    expect(await without.ended).toEqual({ code: 1, signal: null });
    expect(without.stderr).toMatch(/^E_BACKEND the back end wasm can't be used/);
    const { delivered } = await server.ask(({ consumers }) => consumers.info(stream, 'workers'));
    expect({ delivered: delivered.consumer_seq, inHand: await inHand() }).toEqual({ delivered: 0, inHand: 0 });
  });

  test('is checked whole before any run is submitted, and is no list', async () => {
    const bad = write('bad', { base: base(1), grid: { seed: [0, 1, -1] } });
    expect(await submit(bad)).toEqual({
      code: 1,
      stdout: '',
      stderr: `E_CONFIG ${bad}, run seed=-1: "seed" is -1, expected 0 or more\n`,
    });
    expect((await collect(write('none', { base: base(1), grid: { seed: [0] } }))).stderr).toContain('has no stream');
    const good = write('good', { base: base(1), grid: { seed: [0] } });
    await submit(good);
    const list = join(folder, 'list.txt');
    writeFileSync(list, 'a.png\n');
    const refusal = {
      code: 2,
      stderr: expect.stringMatching(/answers of another kind: trainings, not images; choose/),
    };
    expect(await signwaveIn(place, 'submit', list, ...queue())).toMatchObject(refusal);
    expect(await signwaveIn(place, 'worker', 'zoo:cifar10-resnet20', ...queue())).toMatchObject(refusal);
    await server.ask(({ streams }) => streams.purge(stream));
    expect(await collect(good)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/seed=0 +missing/),
      stderr: expect.stringContaining('1 of them failed or aren’t in stream'),
    });
  });

  test.each<[string, readonly string[], string]>([
    ['a list and a sweep', ['submit', 'list.txt', '--sweep', 'a.json'], 'name a list or --sweep, not both'],
    ['neither', ['collect'], 'name a list, or --sweep FILE'],
    ['a model for a sweep', ['submit', '--sweep', 'a.json', '--model', 'zoo:cifar10-resnet20'], 'cannot be used with'],
    ['a file for a sweep’s answers', ['collect', '--sweep', 'a.json', '-o', 'a.jsonl'], 'cannot be used with'],
    ['a list without a file for its answers', ['collect', 'list.txt'], 'name a file for the answers'],
    ['a model to train', ['worker', 'zoo:cifar10-resnet20', '--train'], '--train takes no model'],
    ['a kind of answers to train', ['worker', '--train', '--give', 'logits'], 'cannot be used with'],
    ['a back end to answer lines', ['worker', '--backend', 'wasm'], '--backend belongs to --train'],
  ])('refuses %s', async (_, args, message) => {
    expect(await signwaveIn(place, ...args, ...queue())).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});
