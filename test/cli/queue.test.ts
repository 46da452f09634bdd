import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import type { Answer, Line } from '@signwave/lab';
import { LINE_TASKS, openQueue } from '@signwave/lab/node';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { describeWithNats } from './describe-with-nats.js';
import { makeAccounts } from './nats-accounts.js';
import { NatsServer } from './nats-server.js';
import { Worker } from './queue-workers.js';
import { EXAMPLE_CHECKPOINT, EXAMPLE_IMAGES, PROGRAM, ROOT, signwave, temporaryFolder } from './signwave.js';

const MODEL = 'zoo:cifar10-resnet20';
const folder = temporaryFolder();
const images = readdirSync(EXAMPLE_IMAGES).flatMap((name) =>
  readdirSync(join(EXAMPLE_IMAGES, name)).map((file) => join(EXAMPLE_IMAGES, name, file)),
);
const list = join(folder, 'list.txt');
const out = join(folder, 'collected.jsonl');
/** Paths, an empty line, a request with an id, and what can't be answered: no image, no JSON, an unknown field, no UTF-8. */
const LINES = [
  ...images.slice(0, 30),
  '',
  JSON.stringify({ id: 'own', path: images[30] }),
  'missing.png',
  '{not JSON',
  JSON.stringify({ path: images[0], colour: 'red' }),
  ...images.slice(31, 60).map((it) => `${it}\r`),
];
writeFileSync(list, Buffer.concat([Buffer.from(`${LINES.join('\n')}\n`), Buffer.from([0xff, 0xfe, 10])]));
const ANSWERED = LINES.length;

let server: NatsServer;
let stream: string;
let count = 0;
const queue = (): string[] => ['--nats', server.url, '--stream', stream];
const submit = (...options: readonly string[]) => signwave('submit', list, ...queue(), ...options);
const collect = (...options: readonly string[]) => signwave('collect', list, ...queue(), '-o', out, ...options);

/** What `run --manifest` and `merge` give. */
async function merged(...options: readonly string[]): Promise<string> {
  const parts = join(folder, `parts${count++}`);
  const file = join(folder, 'merged.jsonl');
  await signwave('run', MODEL, '--manifest', list, '--out', parts, ...options);
  expect(await signwave('merge', parts, '-o', file)).toMatchObject({ code: 0 });
  return readFileSync(file, 'utf8');
}

const messagesIn = (name: string) => server.ask(async ({ streams }) => (await streams.info(name)).state.messages);

async function publish(subject: string, data: string): Promise<void> {
  const connection = await connect({ servers: server.address });
  connection.publish(subject, data);
  await connection.drain();
}

describeWithNats('a queue', () => {
  beforeAll(async () => {
    server = await NatsServer.start();
    return () => server[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    stream = `queue${count++}`;
  });

  test('gives the bytes of merge, from workers that take the model from it', async () => {
    expect(await submit('--model', MODEL)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${ANSWERED} lines submitted, 0 were there or are answered`),
    });
    const workers = [1, 2, 3].map(() => new Worker([...queue(), '--give', 'logits']));
    expect(await collect('--wait')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${ANSWERED} lines answered, 4 of them with an error`),
    });
    expect(readFileSync(out, 'utf8')).toBe(await merged('--give', 'logits'));
    for (const worker of workers) {
      worker.kill('SIGTERM');
      expect(await worker.ended).toEqual({ code: 0, signal: null });
    }
    const answered = workers.map(({ stderr }) => Number(/(\d+) lines answered/.exec(stderr)![1]));
    // What isn't UTF-8 no message carries: submit has answered it.
    expect(answered.reduce((sum, it) => sum + it)).toBe(ANSWERED - 1);
    expect(await messagesIn(stream)).toBe(0);
  });

  test('takes a line once: again, beyond the time in which the broker knows messages by their id, and when it is answered', async () => {
    await submit();
    expect((await submit()).stdout).toContain(`0 lines submitted, ${ANSWERED} were there`);
    await server.ask(async ({ streams }) => {
      for (const name of [stream, `${stream}_answers`]) await streams.update(name, { duplicate_window: 100_000_000 });
    });
    await sleep(500);
    expect((await submit()).stdout).toContain(`0 lines submitted, ${ANSWERED} were there`);
    expect(await messagesIn(stream)).toBe(ANSWERED - 1);
    const worker = new Worker([MODEL, ...queue()]);
    expect(await collect('--wait')).toMatchObject({ code: 0 });
    worker.kill('SIGTERM');
    await worker.ended;
    await sleep(500);
    expect((await submit()).stdout).toContain(`0 lines submitted, ${ANSWERED} were there`);
    expect(await messagesIn(stream)).toBe(0);
  });

  test('names the lines that have no answer, and writes nothing', async () => {
    await submit();
    const incomplete = join(folder, 'incomplete.jsonl');
    const { code, stderr } = await signwave('collect', list, ...queue(), '-o', incomplete);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/E_DATA 63 of 64 lines of .* have no answer .*: 1, 2, 3, .*, and 53 more; workers/),
    });
    const changed = join(folder, 'changed.txt');
    writeFileSync(changed, `${images[0]}\n`);
    expect((await signwave('collect', changed, ...queue(), '-o', incomplete)).stderr).toMatch(
      /1 of 1 lines .*: 1; was it submitted, and not changed since\?/,
    );
    expect(existsSync(incomplete)).toBe(false);
  });

  test('refuses a worker with other answers or another model than it has', async () => {
    await submit('--model', MODEL);
    const worker = new Worker([...queue()]);
    await collect('--wait');
    worker.kill('SIGINT');
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(await signwave('worker', ...queue(), '--give', 'logits')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /E_USAGE .*answers of another give: labels, 5, not logits; choose another --stream/,
      ),
    });
    const other = join(folder, 'other.sgnw');
    expect(await signwave('convert', EXAMPLE_CHECKPOINT, '-o', other)).toMatchObject({ code: 0 });
    expect(await signwave('worker', other, ...queue())).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/answers of another model: [0-9a-f]{64}, not [0-9a-f]{64}/),
    });
  });

  test('refuses a model with another SHA-256 than is wanted, as a file and in the object store', async () => {
    await submit();
    const wrong = 'ab'.repeat(32);
    expect(await signwave('worker', MODEL, ...queue(), '--model-sha256', wrong)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/E_FORMAT_CHECKSUM .*has SHA-256 [0-9a-f]{64}, (ab){32} was expected/),
    });
    expect(await signwave('worker', ...queue(), '--model-sha256', wrong)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/E_IO the model (ab){32} of bucket .* isn't there/),
    });
    expect(await signwave('worker', ...queue())).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/doesn't say which model it is for/),
    });
    const { Objm } = await import('@nats-io/obj');
    const connection = await connect({ servers: server.address });
    await (await new Objm(connection).create(`${stream}_models`)).putBlob({ name: wrong }, new Uint8Array(9));
    await connection.close();
    expect((await signwave('worker', ...queue(), '--model-sha256', wrong)).stderr).toMatch(
      /E_FORMAT_CHECKSUM the model (ab){32} .* has SHA-256/,
    );
  });

  test('records what is no task, and ends it', async () => {
    await submit();
    await publish(`${stream}.task.mine.first`, JSON.stringify({ path: images[0] }));
    await publish(`${stream}.task.mine.2`, ' ');
    await publish(`${stream}.task.mine.3`, JSON.stringify({ path: images[0] }));
    const worker = new Worker([MODEL, ...queue()]);
    await collect('--wait');
    worker.kill('SIGTERM');
    await worker.ended;
    expect(await messagesIn(stream)).toBe(0);
    const answers = await server.ask(({ streams }) =>
      Promise.all(
        ['first', '2', '3'].map(async (tail) => {
          const message = await streams.getMessage(`${stream}_answers`, {
            last_by_subj: `${stream}.answer.mine.${tail}`,
          });
          return message?.json();
        }),
      ),
    );
    expect(answers).toEqual([
      { id: 'first', error: { code: 'E_REQUEST', message: expect.stringMatching(/is no number of a line$/) } },
      { id: 2, error: { code: 'E_REQUEST', message: expect.stringMatching(/the message is empty$/) } },
      { id: 3, predictions: expect.any(Array) },
    ]);
  });

  test('refuses a list with a line that is longer than the broker takes, before it takes any', async () => {
    const long = join(folder, 'long.txt');
    writeFileSync(long, `${images[0]}\n${JSON.stringify({ base64: 'A'.repeat(2 ** 20) })}\n`);
    expect(await signwave('submit', long, ...queue())).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/E_REQUEST .*long\.txt, line 2: \d+ bytes, the broker takes \d+; raise its max_/),
    });
    expect((await signwave('worker', MODEL, ...queue())).stderr).toMatch(/has no stream/);
  });

  test('keeps a line that takes longer than another worker would wait, and gives up a worker that finishes none', async () => {
    await submit('--ack-wait', '1');
    const place = { url: server.url, stream };
    const facts = { model: 'any', give: 'labels' };
    const common = { kind: LINE_TASKS, facts, inHand: 10, maxTries: 5 };
    const slow = await openQueue(place, () => {});
    const ending = new AbortController();
    async function* afterLong(lines: AsyncIterator<Line>): AsyncGenerator<Answer> {
      const { value } = await lines.next();
      await sleep(3_000);
      ending.abort();
      yield { id: value.number, logits: [] };
    }
    expect(await slow.work({ ...common, answersTo: afterLong, signal: ending.signal })).toEqual({
      answers: 1,
      errors: 0,
    });
    await slow.close();
    const consumer = await server.ask(({ consumers }) => consumers.info(stream, 'workers'));
    // Ten came once; nine were given back at the end.
    expect({ given: consumer.delivered.consumer_seq, left: await messagesIn(stream) }).toEqual({
      given: 10,
      left: ANSWERED - 2,
    });
    const hanging = await openQueue(place, () => {});
    const never = new Promise<never>(() => {});
    async function* afterNever(lines: AsyncIterator<Line>): AsyncGenerator<Answer> {
      await lines.next();
      yield await never;
    }
    const { signal } = new AbortController();
    await expect(hanging.work({ ...common, answersTo: afterNever, signal, stallMs: 600 })).rejects.toMatchObject({
      code: 'E_IO',
      message: expect.stringMatching(/no line was answered for 0\.01 minutes; other workers get them now/),
    });
    await hanging.close();
  });

  test('refuses a stream that could lose answers or have them twice', async () => {
    await submit();
    await server.ask(({ streams }) => streams.update(`${stream}_answers`, { max_msgs_per_subject: 2 }));
    expect(await signwave('worker', MODEL, ...queue())).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/_answers has max_msgs_per_subject 2, expected 1/),
    });
  });
});

describeWithNats('a broker', () => {
  beforeAll(async () => {
    server = await NatsServer.start();
    return () => server[Symbol.asyncDispose]();
  });
  const nowhere = 'nats://127.0.0.1:1';

  test.each<[string, number, RegExp]>([
    [nowhere, 1, /E_IO the broker 127\.0\.0\.1:1: connection refused/],
    ['http://127.0.0.1', 2, /E_USAGE --nats: expected the address of a broker/],
    ['nats://user:%zz@127.0.0.1', 2, /a % that begins no escape/],
  ])('is named that cannot be used: %s', async (url, code, message) => {
    for (const args of [
      ['worker', MODEL],
      ['submit', list],
      ['collect', list, '-o', out],
    ]) {
      const outcome = await signwave(...args, '--nats', url, '--stream', 'any');
      expect(outcome).toMatchObject({ code, stderr: expect.stringMatching(message) });
    }
  });

  test.each<[string, RegExp]>([
    ['missing', /E_IO .* has no stream missing; signwave submit makes it: is --stream missing right\?/],
    ['a.b', /E_USAGE --stream a\.b: expected a name of letters/],
  ])('is named that has no such stream: %s', async (name, message) => {
    const { stderr } = await signwave('worker', MODEL, '--nats', server.url, '--stream', name);
    expect(stderr).toMatch(message);
  });

  test('that does not take an answer ends the worker, which says so; the line stays', async () => {
    await using narrow = await NatsServer.start('jetstream {}\nmax_payload: 1200');
    const short = join(folder, 'short.txt');
    writeFileSync(short, 'examples/images/cat/0000.png\n');
    const place = ['--nats', narrow.url, '--stream', 'q'];
    expect(await signwave('submit', short, ...place)).toMatchObject({ code: 0 });
    expect(await signwave('worker', MODEL, ...place)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /E_IO the broker .* takes 176 bytes, q\.answer\.\w+\.1 has \d+: raise its max_payload/,
      ),
    });
    expect((await signwave('submit', short, ...place)).stdout).toMatch(/0 lines submitted, 1 were there/);
  });

  test('without JetStream is refused', async () => {
    await using plain = await NatsServer.start('');
    const { code, stderr } = await signwave('submit', list, '--nats', plain.url, '--stream', 'any');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/E_IO .* it has no JetStream/) });
  });

  test('lets in who has the password or the token, which no message shows', async () => {
    await using users = await NatsServer.start(
      'jetstream {}\nauthorization { users = [{ user: me, password: "pass/word" }] }',
    );
    const as = (user: string) => signwave('submit', list, '--nats', `nats://${user}@${users.address}`, '--stream', 'q');
    expect(await as('me:pass%2Fword')).toMatchObject({ code: 0 });
    for (const user of ['me:secret', 'secret']) {
      const { code, stdout, stderr } = await as(user);
      expect(code).toBe(1);
      expect(stderr).toMatch(/E_IO the broker 127\.0\.0\.1:\d+: it doesn't let this user in \(--creds, or user/);
      expect(stdout + stderr).not.toContain('secret');
    }
    await using tokens = await NatsServer.start('jetstream {}\nauthorization { token: "tok" }');
    const url = `nats://tok@${tokens.address}`;
    expect(await signwave('submit', list, '--nats', url, '--stream', 'q')).toMatchObject({ code: 0 });
    process.env.NATS_URL = url;
    expect(await signwave('submit', list, '--stream', 'q')).toMatchObject({ code: 0 });
    delete process.env.NATS_URL;
  });

  test('lets in who has the credentials', async () => {
    const { config, creds, strangersCreds } = makeAccounts();
    await using guarded = await NatsServer.start(config);
    const withFile = (text: string) => {
      const file = join(folder, 'user.creds');
      writeFileSync(file, text);
      return signwave('submit', list, '--nats', guarded.url, '--stream', 'q', '--creds', file);
    };
    expect(await withFile(creds)).toMatchObject({ code: 0 });
    expect(await withFile(strangersCreds)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/E_IO .* it doesn't let this user in/),
    });
    expect(await withFile('none')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/E_IO .*user\.creds holds no credentials/),
    });
    const missing = ['--creds', join(folder, 'no.creds')];
    expect(await signwave('submit', list, '--nats', guarded.url, '--stream', 'q', ...missing)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/E_IO .*no\.creds can't be read: no such file/),
    });
  });

  test('cannot be reached without its client, and one line says what to install', async () => {
    const bare = join(folder, 'bare');
    cpSync(join(PROGRAM, '..'), bare, { recursive: true });
    const stderr = await new Promise<string>((resolve) => {
      const args = [join(bare, 'signwave.mjs'), 'submit', list, '--nats', nowhere, '--stream', 'any'];
      execFile(process.execPath, args, { cwd: ROOT }, (_, __, text) => resolve(text));
    });
    expect(stderr).toMatch(
      /^E_PEER the clients of NATS are not installed; run "npm install @nats-io\/transport-node @nats-io\/jetstream @nats-io\/obj"\n$/,
    );
  });
});
