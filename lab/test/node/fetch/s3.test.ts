import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MAX_IMAGE_BYTES, withinTime } from '../../../src/node/fetch/attempt.js';
import { ImageFetcher } from '../../../src/node/fetch/image-fetcher.js';
import { openS3 } from '../../../src/node/fetch/s3.js';
import { serve } from './serve.js';

const IMAGE = Buffer.from('an image');

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-north-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key-id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'secret-token');
  vi.stubEnv('AWS_CONFIG_FILE', '/missing');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/missing');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});
afterEach(() => vi.unstubAllEnvs());

async function serveObjects(listener: RequestListener) {
  const server = await serve(listener);
  vi.stubEnv('AWS_ENDPOINT_URL', server.address);
  return server;
}

async function get(key: string, limitMs = 60_000) {
  const getObject = await openS3();
  if (typeof getObject !== 'function') throw new Error(getObject.reason);
  return withinTime(limitMs, (signal) => getObject('photos', key, signal));
}

test.each([
  ['a b.jpg', '/photos/a%20b.jpg'],
  ['/a//b/', '/photos//a//b/'],
  ['./a/../b', '/photos/./a/../b'],
  ['a+b%20c?d=e&f#g', '/photos/a%2Bb%2520c%3Fd%3De%26f%23g'],
  ["ö'()*!~", '/photos/%C3%B6%27%28%29%2A%21~'],
  ['\u0000\n\r', '/photos/%00%0A%0D'],
])('the key %j is asked for as it is', async (key, path) => {
  let asked: string | undefined;
  using _server = await serveObjects(({ url }, response) => {
    asked = url;
    response.end(IMAGE);
  });
  expect(await get(key)).toEqual(IMAGE);
  expect(new URL(asked!, 'http://localhost').searchParams.size).toBe(1);
  expect(asked!.replace(/\?x-id=GetObject$/, '')).toBe(path);
});

test('one connection serves many objects and errors', async () => {
  using server = await serveObjects(({ url }, response) =>
    /gone/.test(url!) ? response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>') : response.end(IMAGE),
  );
  const getObject = await openS3();
  if (typeof getObject !== 'function') throw new Error(getObject.reason);
  for (let n = 0; n < 30; n++) {
    const key = n % 3 === 0 ? 'gone.jpg' : `${n}.jpg`;
    await withinTime(60_000, (signal) => getObject('photos', key, signal));
  }
  expect(server.connections()).toBeLessThan(10);
});

describe('an attempt', () => {
  const xml = (code: string) =>
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>key-id secret</Message></Error>`;

  test.each<[number, string, { reason: string; isFinal: boolean; setup?: string }]>([
    [404, xml('NoSuchKey'), { reason: 'the bucket has no such key', isFinal: true }],
    [404, xml('NoSuchBucket'), { reason: 'there is no such bucket', isFinal: true }],
    [
      403,
      xml('AccessDenied'),
      {
        reason:
          'access is denied; the credentials need s3:GetObject for it (or it is missing, and they lack s3:ListBucket)',
        isFinal: true,
      },
    ],
    [
      403,
      xml('SignatureDoesNotMatch'),
      {
        reason: 'its signature is refused; AWS_SECRET_ACCESS_KEY may be another key than AWS_ACCESS_KEY_ID',
        isFinal: true,
      },
    ],
    [
      403,
      xml('InvalidAccessKeyId'),
      { reason: 'the credentials are refused (InvalidAccessKeyId); get new ones', isFinal: true, setup: 'E_IO' },
    ],
    [
      400,
      xml('ExpiredToken'),
      { reason: 'the credentials are refused (ExpiredToken); get new ones', isFinal: true, setup: 'E_IO' },
    ],
    [403, xml('InvalidObjectState'), { reason: 'the server answered 403 InvalidObjectState', isFinal: true }],
    [
      301,
      xml('PermanentRedirect'),
      { reason: 'the bucket is in another region than AWS_REGION says, or at another endpoint', isFinal: true },
    ],
    [
      400,
      xml('AuthorizationHeaderMalformed'),
      { reason: 'the bucket is in another region than AWS_REGION says', isFinal: true },
    ],
    [400, xml('RequestTimeout'), { reason: 'the server answered 400 RequestTimeout', isFinal: false }],
    [503, xml('SlowDown'), { reason: 'the server answered 503 SlowDown', isFinal: false }],
    [429, xml('TooManyRequests'), { reason: 'the server answered 429 TooManyRequests', isFinal: false }],
    [500, xml('key-id'), { reason: 'the server answered 500', isFinal: false }],
  ])('that is answered with %i and %j fails with its reason', async (status, body, failure) => {
    using _server = await serveObjects((_, response) => response.writeHead(status).end(body));
    expect(await get('a.jpg')).toEqual(failure);
  });

  test.each([502, 503])("that is answered with %i and a proxy's page may be repeated", async (status) => {
    using _server = await serveObjects((_, response) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end('<html><body>Bad & secret<br></html>'),
    );
    const outcome = await get('a.jpg');
    expect(outcome).toMatchObject({ isFinal: false, reason: expect.stringMatching(new RegExp(`answered ${status}`)) });
    expect(outcome).not.toMatchObject({ reason: expect.stringMatching(/secret/) });
  });

  test('that ends early may be repeated', async () => {
    using _server = await serveObjects((_, response) => {
      response.writeHead(200, { 'content-length': IMAGE.length });
      response.write(IMAGE.subarray(0, 3), () => response.destroy());
    });
    expect(await get('a.jpg')).toMatchObject({ isFinal: false });
  });

  test('whose bytes are not those of the checksum may be repeated', async () => {
    using _server = await serveObjects((_, response) =>
      response.writeHead(200, { 'content-length': IMAGE.length, 'x-amz-checksum-crc32': 'AAAAAA==' }).end(IMAGE),
    );
    expect(await get('a.jpg')).toMatchObject({ isFinal: false, reason: 'its bytes are not those of its checksum' });
  });

  test('whose body comes in drops is given up when its time is over, and the connection is closed', async () => {
    using server = await serveObjects((_, response) => {
      response.writeHead(200, { 'content-length': 1e6, 'x-amz-checksum-crc32': 'AAAAAA==' });
      const drops = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drops));
    });
    await expect(get('a.jpg', 2000)).rejects.toThrow('not all of it was there after 2 s');
    await vi.waitFor(() => expect(server.closed()).toBe(1), 10_000);
  });

  test.each([
    ['has no end', {}],
    ['is announced as too long', { 'content-length': MAX_IMAGE_BYTES + 1 }],
    ['is too long and has a checksum', { 'content-length': MAX_IMAGE_BYTES + 1, 'x-amz-checksum-crc32': 'AAAAAA==' }],
  ])('whose body %s is given up at 64 MiB, and the connection is closed', async (_, headers) => {
    const piece = Buffer.alloc(2 ** 20);
    using server = await serveObjects((_, response) => {
      response.writeHead(200, headers);
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more);
      more();
    });
    expect(await get('a.jpg')).toEqual({ reason: `it is longer than ${MAX_IMAGE_BYTES} bytes`, isFinal: true });
    await vi.waitFor(() => expect(server.closed()).toBe(1), 10_000);
  });
});

describe('what this machine lacks', () => {
  test.each([undefined, 'not a region'])('is a region, if it is %s', async (region) => {
    vi.stubEnv('AWS_REGION', region);
    await expect(new ImageFetcher().fetch('s3://photos/a.jpg')).rejects.toThrow(
      /^s3:\/\/photos\/a\.jpg can't be fetched: no valid region is set; set AWS_REGION/,
    );
  });

  test.each(['localhost:9000', 'user:secret@localhost', 'http://user:secret@exa mple.org'])(
    'is an endpoint, if it is %s',
    async (endpoint) => {
      vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
      const failing = new ImageFetcher().fetch('s3://photos/a.jpg');
      await expect(failing).rejects.toThrow(/fetched: AWS_ENDPOINT_URL, .* is no address that begins with http/);
      await expect(failing).rejects.not.toThrow(/secret/);
    },
  );

  test('are credentials, which are looked for four times', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    await expect(new ImageFetcher().fetch('s3://photos/a.jpg')).rejects.toMatchObject({
      name: 'SignwaveError',
      code: 'E_IO',
      message: expect.stringMatching(/no credentials were found; set AWS_ACCESS_KEY_ID .* \(4 attempts\)$/),
    });
  });
}, 30_000);
