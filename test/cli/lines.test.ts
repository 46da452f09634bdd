import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readNpy, writeNpy } from '@signwave/lab/node';
import { describe, expect, test } from 'vitest';
import { EXAMPLE_IMAGES, PROGRAM, ROOT, signwave, temporaryFolder } from './signwave.js';

const MODEL = 'zoo:cifar10-resnet20';
const folder = temporaryFolder();
const images = readdirSync(EXAMPLE_IMAGES).flatMap((name) =>
  readdirSync(join(EXAMPLE_IMAGES, name)).map((file) => join(EXAMPLE_IMAGES, name, file)),
);

/** Starts `run --stdin jsonl`. */
function start(...options: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, 'run', MODEL, '--stdin', 'jsonl', ...options], { cwd: ROOT });
  let stderr = '';
  child.stderr.on('data', (piece) => {
    stderr += piece;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, stderr: () => stderr };
}

async function answersTo(lines: readonly (object | string)[], ...options: readonly string[]) {
  const { child, ended, stderr } = start(...options);
  child.stdin.end(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  const answers = [];
  for await (const line of createInterface(child.stdout)) answers.push(JSON.parse(line));
  return { answers, code: await ended, stderr: stderr() };
}

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close() };
}

describe('run --stdin jsonl', () => {
  test('gives for each line what run gives for the image, in the same order', async () => {
    const expected = JSON.parse((await signwave('run', MODEL, ...images, '--json')).stdout);
    const { answers, code, stderr } = await answersTo(images.map((path) => ({ path })));
    expect(answers).toEqual(
      expected.map(({ predictions }: { predictions: object }, n: number) => ({ id: n + 1, predictions })),
    );
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(`${images.length} lines answered, 0 of them with an error`),
    });
  });

  test.each(['1', '2'])(
    'takes paths, addresses, base64 and rows of arrays for the same input, with %s threads',
    async (threads) => {
      const path = images[0]!;
      const npy = join(folder, 'floats.npy');
      const data = Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, n) => Math.sin(n));
      await writeNpy(npy, { type: '<f4', shape: [2, 3, 32, 32], data });
      using server = await serve((_, response) => response.end(readFileSync(path)));
      const outputs = join(folder, 'out.npy');
      expect(await signwave('run', MODEL, '--npy', npy, '--out', outputs)).toMatchObject({ code: 0 });
      const { answers } = await answersTo(
        [
          { path },
          { id: 'url', url: `${server.address}/a.png` },
          { id: 'base64', base64: readFileSync(path).toString('base64') },
          { id: 'row', npy, row: 1 },
        ],
        ...['--give', 'logits', '--threads', threads],
      );
      const [first, ...others] = answers;
      expect(others).toEqual([
        { id: 'url', logits: first.logits },
        { id: 'base64', logits: first.logits },
        { id: 'row', logits: Array.from((await readNpy(outputs, { types: ['<f4'] })).data.subarray(10)) },
      ]);
    },
  );

  test('gives the probabilities of all classes, which add up to 1', async () => {
    const { answers } = await answersTo([{ path: images[0] }], '--give', 'probabilities');
    expect(answers[0].probabilities).toHaveLength(10);
    expect(answers[0].probabilities.reduce((sum: number, p: number) => sum + p, 0)).toBeCloseTo(1, 12);
  });

  test('answers what it cannot read with an error, goes on, and says how many there were', async () => {
    using server = await serve((_, response) => response.writeHead(404).end());
    const lines = [
      { id: 'a', path: 'missing.png' },
      'no JSON',
      { id: 'b', path: join(ROOT, 'package.json') },
      { id: 'c', base64: '?' },
      { id: 'd', url: `${server.address}/gone.png` },
      { id: 'e', url: 'ftp://example.org/a.png' },
      { id: 'f', npy: join(ROOT, 'package.json'), row: 0 },
      '',
      { id: 'g', path: images[0] },
    ];
    const { answers, code, stderr } = await answersTo(lines);
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual([
      ['a', 'E_IMAGE'],
      [2, 'E_REQUEST'],
      ['b', 'E_IMAGE'],
      ['c', 'E_REQUEST'],
      ['d', 'E_IO'],
      ['e', 'E_IO'],
      ['f', 'E_NPY'],
      ['g', undefined],
    ]);
    expect(answers[4].error.message).toMatch(/gone\.png can't be fetched: the server answered 404 Not Found$/);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('8 lines answered, 7 of them with an error'),
    });
    expect((await answersTo(lines, '--strict')).code).toBe(1);
  });

  test('asks a server again that is busy', async () => {
    let requests = 0;
    using server = await serve((_, response) =>
      ++requests < 3 ? response.writeHead(503).end() : response.end(readFileSync(images[0]!)),
    );
    const { answers } = await answersTo([{ url: server.address }]);
    expect(answers[0].predictions).toHaveLength(5);
    expect(requests).toBe(3);
  });

  test('answers each line when it comes, and ends when stdin does', async () => {
    const { child, ended } = start();
    const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
    for (let n = 1; n <= 3; n++) {
      child.stdin.write(`${JSON.stringify({ path: images[n] })}\n`);
      expect(JSON.parse((await answers.next()).value)).toMatchObject({ id: n });
    }
    child.stdin.end();
    expect(await ended).toBe(0);
  });

  test('stops when nobody reads the answers any more', async () => {
    const { child, ended } = start();
    child.stdin.on('error', () => {});
    const more = setInterval(() => child.stdin.write(`${JSON.stringify({ path: images[0] })}\n`.repeat(100)), 10);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.destroy();
    expect(await ended).toBe(0);
    clearInterval(more);
  });

  test('is refused beside images', async () => {
    const { code, stderr } = await signwave('run', MODEL, images[0]!, '--stdin', 'jsonl');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('give images or --stdin, not both') });
  });
});
