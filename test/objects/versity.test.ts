import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type ChecksumAlgorithm, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { describeWithServer } from './describe-with-servers.js';
import { FaultProxy } from './fault-proxy.js';
import { BUCKET, environmentWithoutAws, ObjectServer } from './object-server.js';
import { presign } from './presign.js';
import { answersOf, errorsOf, IMAGES, run, STREAM, urlLines } from './run-model.js';
import { VERSITY } from './versity.js';

const keys = ['a.png', 'a b+c%20é.png'];
const images = IMAGES.slice(0, keys.length);
const addresses = keys.map((key) => `s3://${BUCKET}/${key}`);
const objects = new Map(keys.map((key, n) => [key, readFileSync(images[n]!)]));
const CHECKSUMS: ChecksumAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'];
const preload = (name: string) => ({ NODE_OPTIONS: `--import ${new URL(name, import.meta.url)}` });

/** What moto doesn't do: it passes over region and clock, breaks down at signatures in addresses, is never busy, and has its objects in memory. */
describeWithServer(VERSITY, 'objects on a server', (program) => {
  let server: ObjectServer;
  let expected: string;

  beforeAll(async () => {
    server = await ObjectServer.start(VERSITY, program, objects);
    expected = await answersOf(images);
  }, 180_000);
  afterAll(() => server?.stop());

  test('are fetched from addresses that are signed, which errors do not show', async () => {
    const [a, gone] = ['a.png', 'gone.png'];
    const signed = await presign(server.client, a);
    const odd = await presign(server.client, 'a%20b%2Bc%2520%C3%A9.png');
    const failing = {
      [`${gone}?...`]: await presign(server.client, gone),
      [`${a}?...`]: await presign(server.client, a, new Date(Date.now() - 3_600_000)),
      'a%20b%2Bc%2520%C3%A9.png?...': odd.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
      [a]: signed.replace(/\?.*/, ''),
    };
    const lines = urlLines([signed, odd, ...Object.values(failing)]);
    const { stdout, stderr } = await run(STREAM, { env: environmentWithoutAws(), lines });
    expect(stdout.split('\n').slice(0, 2)).toEqual(expected.split('\n').slice(0, 2));
    const statuses = ['404 Not Found', '403 Forbidden', '403 Forbidden', '403 Forbidden'];
    expect(
      errorsOf(stdout)
        .slice(2)
        .map((error) => error?.message),
    ).toEqual(
      Object.keys(failing).map(
        (shown, n) => `${server.address}/${BUCKET}/${shown} can't be fetched: the server answered ${statuses[n]}`,
      ),
    );
    expect(stdout + stderr).not.toMatch(/Signature|Credential/);
  });

  test('of another region are answered with an error that says so', async () => {
    const env = { ...server.environment(), AWS_REGION: 'us-west-2' };
    const { stdout } = await run(STREAM, { env, lines: urlLines(addresses) });
    expect(errorsOf(stdout).map((error) => error?.message)).toEqual(
      addresses.map((address) => `${address} can't be fetched: the bucket is in another region than AWS_REGION says`),
    );
  });

  test('are fetched by a machine whose clock is wrong, at the second attempt', async () => {
    using proxy = await FaultProxy.start(server.address);
    const env = { ...server.environment(proxy.address), ...preload('wrong-clock.mjs') };
    const { stdout } = await run(STREAM, { env, lines: urlLines(addresses) });
    expect(stdout).toBe(expected);
    expect(proxy.statuses[0]).toBe(403);
  });

  test('are fetched when the server has time for them', async () => {
    vi.stubEnv('VGW_MAX_REQUESTS', '1');
    const small = await ObjectServer.start(VERSITY, program, objects).finally(() => vi.unstubAllEnvs());
    try {
      using proxy = await FaultProxy.start(small.address);
      // Takes its time over a body that hasn't ended; pieces but the last must be of 8 KiB or more.
      const Body = new PassThrough();
      const piece = Buffer.alloc(2 ** 14);
      const put = small.client.send(
        new PutObjectCommand({ Bucket: BUCKET, Key: 'slow', Body, ContentLength: 2 * piece.length }),
      );
      Body.write(piece);
      await vi.waitFor(async () => expect((await fetch(small.address)).status).toBe(503), 30_000);
      const answers = run(STREAM, { env: small.environment(proxy.address), lines: urlLines(addresses) });
      await vi.waitFor(() => expect(proxy.statuses).toEqual([503, 503]), 30_000);
      Body.end(piece);
      await put;
      expect((await answers).stdout).toBe(expected);
    } finally {
      await small.stop();
    }
  });

  test('whose bytes are not those that were stored are not answered, whatever their checksum', async () => {
    const bytes = readFileSync(images[0]!);
    for (const ChecksumAlgorithm of CHECKSUMS) {
      await server.client.send(
        new PutObjectCommand({ Bucket: BUCKET, Key: ChecksumAlgorithm, Body: bytes, ChecksumAlgorithm }),
      );
    }
    const urls = CHECKSUMS.map((key) => `s3://${BUCKET}/${key}`);
    const answer = async () =>
      errorsOf((await run(STREAM, { env: server.environment(), lines: urlLines(urls) })).stdout);
    expect(await answer()).toEqual(CHECKSUMS.map(() => undefined));
    const changed = Buffer.from(bytes);
    changed[changed.length - 1]! ^= 1;
    for (const name of CHECKSUMS) writeFileSync(join(server.folder, 'buckets', BUCKET, name), changed);
    expect((await answer()).map((error) => error?.message)).toEqual(
      urls.map((url) => `${url} can't be fetched: its bytes are not those of its checksum (4 attempts)`),
    );
  });
});
