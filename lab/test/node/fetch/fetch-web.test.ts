import { gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { MAX_IMAGE_BYTES, withinTime } from '../../../src/node/fetch/attempt.js';
import { fetchWeb } from '../../../src/node/fetch/fetch-web.js';
import { ImageFetcher } from '../../../src/node/fetch/image-fetcher.js';
import { serve } from './serve.js';

const IMAGE = Buffer.from('an image');
const get = (address: string, limitMs = 60_000) => withinTime(limitMs, (signal) => fetchWeb(new URL(address), signal));

test('many images, redirects and errors need few connections', async () => {
  using server = await serve(({ url }, response) => {
    if (url === '/gone') response.writeHead(404).end('no such page'.repeat(4000));
    else if (url === '/moved') response.writeHead(302, { location: '/image' }).end();
    else response.end(IMAGE);
  });
  for (let n = 0; n < 20; n++) {
    expect(await get(`${server.address}/image`)).toEqual(IMAGE);
    expect(await get(`${server.address}/moved`)).toEqual(IMAGE);
    expect(await get(`${server.address}/gone`)).toMatchObject({ isFinal: true });
  }
  // A few more than one, since a redirect is followed before its own connection is free.
  expect(server.connections()).toBeLessThan(10);
});

test('a body that comes in drops is given up when its time is over, and the connection is closed', async () => {
  let isAnswered = false;
  using server = await serve((_, response) => {
    isAnswered = true;
    response.writeHead(200, { 'content-length': 1e6 });
    const drops = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(drops));
  });
  await expect(get(server.address, 300)).rejects.toThrow('not all of it was there after 0.3 s');
  expect(isAnswered).toBe(true);
  await vi.waitFor(() => expect(server.closed()).toBe(1), 10_000);
});

test.each([
  ['that has no end', undefined],
  ['that is announced as too long', MAX_IMAGE_BYTES + 1],
])('a body %s is given up at 64 MiB, and the connection is closed', async (_, length) => {
  const piece = Buffer.alloc(2 ** 20);
  using server = await serve((_, response) => {
    response.writeHead(200, length === undefined ? {} : { 'content-length': length });
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more);
    more();
  });
  const outcome = await get(server.address);
  expect(outcome).toEqual({ reason: `it is longer than ${MAX_IMAGE_BYTES} bytes`, isFinal: true });
  await vi.waitFor(() => expect(server.closed()).toBe(1), 10_000);
});

test('a packed body may be longer than what the server announces', async () => {
  const zeros = Buffer.alloc(10_000);
  using server = await serve((_, response) => {
    const packed = gzipSync(zeros);
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed);
  });
  expect(await get(server.address)).toEqual(zeros);
});

test('a body that ends early is asked for again', async () => {
  let requests = 0;
  using server = await serve((_, response) => {
    const isCut = ++requests < 3;
    response.writeHead(200, { 'content-length': IMAGE.length });
    if (isCut) response.write(IMAGE.subarray(0, 3), () => response.destroy());
    else response.end(IMAGE);
  });
  const { bytes } = await new ImageFetcher().fetch(server.address);
  expect(bytes).toEqual(IMAGE);
  expect(requests).toBe(3);
});

test('what always fails is tried four times, and its query is not in the error', async () => {
  let requests = 0;
  using server = await serve((_, response) => {
    requests++;
    response.destroy();
  });
  const failing = new ImageFetcher().fetch(`${server.address}/a.jpg?X-Amz-Signature=secret`);
  await expect(failing).rejects.toThrow(
    /^http:\/\/127\.0\.0\.1:\d+\/a\.jpg\?\.\.\. can't be fetched: .*\(4 attempts\)$/,
  );
  expect(requests).toBe(4);
}, 30_000);
