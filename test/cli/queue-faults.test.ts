import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectTo, createServer as createProxy, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../seeded-random.js';
import { describeWithNats } from './describe-with-nats.js';
import { NatsServer } from './nats-server.js';
import { Worker } from './queue-workers.js';
import { EXAMPLE_IMAGES, PROGRAM, ROOT, signwave, temporaryFolder } from './signwave.js';

const MODEL = 'zoo:cifar10-resnet20';
/** Workers that are killed, one after the other. `SIGNWAVE_KILLS=50` for a campaign. */
const KILLS = Number(process.env.SIGNWAVE_KILLS ?? 4);
const SEED = Number(process.env.SIGNWAVE_SEED ?? 1);
/** Between two kills at most; a worker takes a second of it to start, on a busy machine. */
const MAX_LIFE_MS = 3_000;
/** An image takes so long to come, so that a queue lasts as long as the faults. */
const IMAGE_MS = 100;
/** Five images come at the same time. */
const LINES_PER_SECOND = 5 * (1000 / IMAGE_MS);

const folder = temporaryFolder();
const images = readdirSync(EXAMPLE_IMAGES).flatMap((name) =>
  readdirSync(join(EXAMPLE_IMAGES, name)).map((file) => join(EXAMPLE_IMAGES, name, file)),
);

let server: NatsServer;
let stream: string;
let count = 0;
const queue = (): string[] => ['--nats', server.url, '--stream', stream];
const worker = (...options: readonly string[]): Worker => new Worker([MODEL, ...queue(), ...options]);

interface ImageServer {
  readonly url: string;
  /** Requests that were answered. */
  readonly served: () => number;
}

/** Gives image `n` under `/n`, slowly. @param onRequest is told before it is answered. */
async function serveImages(onRequest: (n: number) => void = () => {}): Promise<ImageServer> {
  let served = 0;
  const http = createServer(async ({ url }, response) => {
    const n = Number(url!.slice(1));
    onRequest(n);
    await sleep(IMAGE_MS);
    served++;
    response.end(readFileSync(images[n % images.length]!));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, served: () => served };
}

/** A way to the broker on which nothing moves while it is cut; what was sent meanwhile arrives later. */
async function layWire() {
  const sockets = new Set<Socket>();
  const proxy = createProxy((client) => {
    const broker = connectTo(Number(new URL(server.url).port), '127.0.0.1');
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return {
    url: `nats://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut: () => sockets.forEach((it) => void it.pause()),
    mend: () => sockets.forEach((it) => void it.resume()),
  };
}

/** Makes a list of images at the server's address, and what one process answers to the same images; submits the list. */
async function prepare(lines: number, { url }: ImageServer): Promise<{ list: string; expected: string }> {
  const list = join(folder, `${stream}.txt`);
  const paths = join(folder, `${stream}-paths.txt`);
  writeFileSync(list, Array.from({ length: lines }, (_, n) => `${url}/${n}\n`).join(''));
  writeFileSync(paths, Array.from({ length: lines }, (_, n) => `${images[n % images.length]}\n`).join(''));
  const parts = join(folder, `${stream}-parts`);
  await signwave('run', MODEL, '--manifest', paths, '--out', parts);
  const merged = join(folder, `${stream}-merged.jsonl`);
  expect(await signwave('merge', parts, '-o', merged)).toMatchObject({ code: 0 });
  expect(await signwave('submit', list, ...queue(), '--ack-wait', '1')).toMatchObject({ code: 0 });
  return { list, expected: readFileSync(merged, 'utf8') };
}

async function collect(list: string): Promise<string> {
  const out = join(folder, `${stream}.jsonl`);
  expect(await signwave('collect', list, ...queue(), '-o', out, '--wait')).toMatchObject({ code: 0 });
  return readFileSync(out, 'utf8');
}

const tasksLeft = () => server.ask(async ({ streams }) => (await streams.info(stream)).state.messages);
const answersOf = () =>
  server.ask(async ({ streams }) => {
    const { state } = await streams.info(`${stream}_answers`, { subjects_filter: `${stream}.answer.*.*` });
    return Object.values(state.subjects ?? {});
  });

/** Nothing is left to do, and each of the lines has one answer. */
async function expectOnce(lines: number): Promise<void> {
  // The last answers are stored before they are acknowledged.
  for (let n = 0; n < 100 && (await tasksLeft()) > 0; n++) await sleep(100);
  expect(await tasksLeft()).toBe(0);
  expect(await answersOf()).toEqual(new Array(lines).fill(1));
}

describeWithNats('nothing is lost and nothing is there twice', () => {
  beforeAll(async () => {
    server = await NatsServer.start();
    return () => server[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    stream = `faults${count++}`;
  });

  test(`when ${KILLS} workers are killed at random moments`, { timeout: 60_000 + KILLS * 10_000 }, async () => {
    const random = seededRandom(SEED);
    const source = await serveImages();
    const lines = Math.ceil((KILLS * MAX_LIFE_MS * LINES_PER_SECOND) / 1000);
    const { list, expected } = await prepare(lines, source);
    const workers = [worker(), worker()];
    for (let n = 0; n < KILLS; n++) {
      await sleep(random() * MAX_LIFE_MS);
      const victim = workers[n % 2]!;
      expect(victim.isAlive).toBe(true);
      victim.kill('SIGKILL');
      await victim.ended;
      workers[n % 2] = worker();
    }
    expect(await tasksLeft()).toBeGreaterThan(0);
    expect(await collect(list)).toBe(expected);
    await expectOnce(lines);
    console.log(
      `seed ${SEED}: ${KILLS} workers killed, ${lines} lines answered, ${source.served() - lines} computed again`,
    );
  });

  test.each<NodeJS.Signals>(['SIGTERM', 'SIGKILL'])('when the broker ends by %s and starts again', async (signal) => {
    const { list, expected } = await prepare(300, await serveImages());
    const workers = [worker(), worker()];
    for (let n = 0; n < 2; n++) {
      while ((await tasksLeft()) > 250 - 100 * n) await sleep(50);
      await server.stop(signal);
      await sleep(700);
      await server.start();
    }
    expect(await tasksLeft()).toBeGreaterThan(0);
    expect(await collect(list)).toBe(expected);
    // A broker that is killed may keep tasks that are answered, and gives them to nobody; submit clears them away.
    expect((await signwave('submit', list, ...queue())).stdout).toMatch(/: 0 lines submitted, 300 were there/);
    await expectOnce(300);
    expect(workers.map(({ isAlive }) => isAlive)).toEqual([true, true]);
    expect(workers[0]!.stderr).toMatch(/the broker .* is gone; it is waited for\n(.*\n)*the broker .* is back/);
  });

  test('when tasks are published twice, before and after they are answered', async () => {
    const source = await serveImages();
    const { list, expected } = await prepare(40, source);
    const connection = await connect({ servers: server.address });
    onTestFinished(() => connection.close());
    const { streams } = await jetstreamManager(connection);
    const client = jetstream(connection);
    const { state } = await streams.info(stream, { subjects_filter: '>' });
    const again = (): Promise<PromiseSettledResult<unknown>[]> =>
      Promise.allSettled(
        Object.keys(state.subjects!).map((subject, n) =>
          client.publish(subject, JSON.stringify({ url: `${source.url}/${n}` })),
        ),
      );
    expect((await again()).map(({ status }) => status)).toEqual(new Array(40).fill('rejected'));
    worker();
    expect(await collect(list)).toBe(expected);
    await expectOnce(40);
    expect((await again()).map(({ status }) => status)).toEqual(new Array(40).fill('fulfilled'));
    await expectOnce(40);
    expect(await collect(list)).toBe(expected);
  });

  test('when one image ends every worker that reads it: it alone is answered with an error', async () => {
    const POISON = 25;
    let current: Worker | undefined;
    let deaths = 0;
    const source = await serveImages((n) => {
      if (n === POISON) current!.kill('SIGKILL');
    });
    const { list, expected } = await prepare(60, source);
    const tries = ['--max-tries', '2'];
    const collected = collect(list);
    let isDone = false;
    void collected.then(() => {
      isDone = true;
    });
    while (!isDone) {
      current = worker(...tries);
      await Promise.race([current.ended, collected]);
      if (!isDone) deaths++;
    }
    const lines = (await collected).split('\n');
    const others = expected.split('\n');
    expect(JSON.parse(lines[POISON]!)).toEqual({
      id: POISON + 1,
      error: { code: 'E_REQUEST', message: '2 workers have begun with this line, and none has finished it' },
    });
    expect(lines.toSpliced(POISON, 1)).toEqual(others.toSpliced(POISON, 1));
    // Three times among others, twice alone.
    expect(deaths).toBe(5);
    await expectOnce(60);
  });

  test('when a worker hangs: another one gets its lines, and what it says later changes nothing', async () => {
    const { list, expected } = await prepare(100, await serveImages());
    const hanging = worker();
    while ((await tasksLeft()) > 80) await sleep(50);
    hanging.kill('SIGSTOP');
    const other = worker();
    expect(await collect(list)).toBe(expected);
    hanging.kill('SIGCONT');
    await sleep(500);
    for (const it of [hanging, other]) {
      it.kill('SIGTERM');
      expect(await it.ended).toEqual({ code: 0, signal: null });
    }
    await expectOnce(100);
    expect(await collect(list)).toBe(expected);
  });

  test('when the network to a worker is cut for longer than it is waited for, and mended', async () => {
    const { list, expected } = await prepare(100, await serveImages());
    const wire = await layWire();
    const remote = new Worker([MODEL, '--nats', wire.url, '--stream', stream]);
    while ((await tasksLeft()) > 80) await sleep(50);
    wire.cut();
    const near = worker();
    expect(await collect(list)).toBe(expected);
    wire.mend();
    await sleep(500);
    for (const it of [remote, near]) {
      it.kill('SIGTERM');
      expect(await it.ended).toEqual({ code: 0, signal: null });
    }
    await expectOnce(100);
    expect(await collect(list)).toBe(expected);
  });

  test('when a worker is told to end: it finishes what it has begun and gives back the rest at once', async () => {
    const source = await serveImages();
    const list = join(folder, 'ending.txt');
    writeFileSync(list, Array.from({ length: 100 }, (_, n) => `${source.url}/${n}\n`).join(''));
    // Nothing comes back by itself while the test lasts.
    await signwave('submit', list, ...queue(), '--ack-wait', '600');
    const first = worker();
    while ((await tasksLeft()) > 80) await sleep(50);
    first.kill('SIGTERM');
    expect(await first.ended).toEqual({ code: 0, signal: null });
    const answered = Number(/(\d+) lines answered, 0 of them/.exec(first.stderr)![1]);
    expect((await answersOf()).length).toBe(answered);
    expect(source.served()).toBe(answered);
    worker();
    await collect(list);
    await expectOnce(100);
    expect(source.served()).toBe(100);
  });

  test('when no file can be written: a worker writes none, and collect leaves none', async () => {
    const { list, expected } = await prepare(40, await serveImages());
    const out = join(folder, 'full.jsonl');
    const limited = (...args: readonly string[]) => {
      const command = `ulimit -f 0; exec "$0" "$@"`;
      return spawn('bash', ['-c', command, process.execPath, PROGRAM, ...args], { cwd: ROOT, stdio: 'pipe' });
    };
    const child = limited('worker', MODEL, ...queue());
    onTestFinished(() => void child.kill('SIGKILL'));
    expect(await collect(list)).toBe(expected);
    const collecting = limited('collect', list, ...queue(), '-o', out);
    let stderr = '';
    collecting.stderr.on('data', (piece) => {
      stderr += piece;
    });
    expect(await new Promise((resolve) => collecting.on('close', resolve))).toBe(1);
    expect(stderr).toMatch(/^E_IO .*full\.jsonl can't be written: file too large/);
    expect(existsSync(out)).toBe(false);
  });
});
