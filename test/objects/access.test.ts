import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_IMAGE_BYTES } from '../../lab/src/node/fetch/attempt.js';
import { temporaryFolder } from '../cli/signwave.js';
import { describeWithEachServer } from './describe-with-servers.js';
import { FaultProxy } from './fault-proxy.js';
import { BUCKET, ObjectServer, REGION } from './object-server.js';
import { answersOf, errorsOf, IMAGES, run, STREAM, urlLines } from './run-model.js';

/** Of all parts of an upload but the last one. */
const MIN_PART_BYTES = 5 * 2 ** 20;

const folder = temporaryFolder();
const keys = ['a.png', 'a b+c%20é.png'];
const images = IMAGES.slice(0, keys.length);
const addresses = keys.map((key) => `s3://${BUCKET}/${key}`);

describeWithEachServer('objects on a server', (kind, program) => {
  let server: ObjectServer;
  let expected: string;

  beforeAll(async () => {
    server = await ObjectServer.start(kind, program, new Map(keys.map((key, n) => [key, readFileSync(images[n]!)])));
    expected = await answersOf(images);
  }, 180_000);
  afterAll(() => server?.stop());

  test('are asked for by the name of their bucket where no endpoint is set, as Amazon wants it', async () => {
    const { AWS_ENDPOINT_URL_S3: _, ...env } = server.environment();
    using proxy = await FaultProxy.start(server.address);
    const port = new URL(proxy.address).port;
    const asAmazon = {
      ...env,
      SIGNWAVE_AMAZON_PORT: port,
      NODE_OPTIONS: `--import ${new URL('as-amazon.mjs', import.meta.url)}`,
    };
    const { stdout } = await run(STREAM, { env: asAmazon, lines: urlLines([...addresses, `s3://${BUCKET}/gone.png`]) });
    expect(stdout.split('\n').slice(0, 2)).toEqual(expected.split('\n').slice(0, 2));
    expect(errorsOf(stdout)[2]?.message).toBe(`s3://${BUCKET}/gone.png can't be fetched: the bucket has no such key`);
    expect([...proxy.attempts.keys()]).toContain('/a.png?x-id=GetObject');
    expect([...proxy.hosts]).toEqual([`${BUCKET}.s3.${REGION}.amazonaws.com`]);
  });

  test('are refused to a key that the server does not know, which ends the run', async () => {
    const env = server.environment(server.address, { accessKeyId: 'nobody', secretAccessKey: 'unknown-secret' });
    const parts = join(folder, `${kind.name}-parts`);
    const manifest = join(folder, 'list.txt');
    writeFileSync(manifest, addresses.join('\n'));
    const { code, stderr } = await run(['--manifest', manifest, '--out', parts], { env });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /E_IO .*a\.png can't be fetched: the credentials are refused \(InvalidAccessKeyId\); get new ones/,
      ),
    });
    expect(stderr).not.toMatch(/unknown-secret|nobody/);
    expect(readdirSync(parts)).toEqual([]);
  });

  test('are given up where they are longer than 64 MiB, and the others are answered', async () => {
    for (const [key, sizeBytes] of Object.entries({ long: MAX_IMAGE_BYTES + 1, longest: MAX_IMAGE_BYTES, empty: 0 })) {
      await server.put(key, Buffer.alloc(sizeBytes));
    }
    const [long, longest, empty] = ['long', 'longest', 'empty'].map((key) => `s3://${BUCKET}/${key}`);
    const lines = urlLines([long!, addresses[0]!, longest!, empty!, addresses[1]!]);
    const { stdout } = await run(STREAM, { env: server.environment(), lines });
    const errors = errorsOf(stdout);
    expect(errors.map((error) => error?.code)).toEqual(['E_IO', undefined, 'E_IMAGE', 'E_IMAGE', undefined]);
    expect(errors[0]!.message).toBe(`${long} can't be fetched: it is longer than ${MAX_IMAGE_BYTES} bytes`);
  });

  test('that were uploaded in parts are read as a whole', async () => {
    const [width, height] = [1600, 1600];
    const bytes = Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), randomBytes(width * height * 3)]);
    expect(bytes.length).toBeGreaterThan(MIN_PART_BYTES);
    const file = join(folder, 'parts.ppm');
    writeFileSync(file, bytes);
    await putInParts(server, 'parts.ppm', [bytes.subarray(0, MIN_PART_BYTES), bytes.subarray(MIN_PART_BYTES)]);
    const lines = urlLines([`s3://${BUCKET}/parts.ppm`]);
    const { stdout } = await run(STREAM, { env: server.environment(), lines });
    expect(stdout).toBe(await answersOf([file]));
  });

  test('are missing where a key names a folder, or goes on behind an object', async () => {
    await server.put('folder/a.png', readFileSync(images[0]!));
    const gone = ['folder', 'folder/', 'folder/a.png/', 'a.png/b.png', 'A.PNG', 'a.png '].map(
      (key) => `s3://${BUCKET}/${key}`,
    );
    const { stdout } = await run(STREAM, { env: server.environment(), lines: urlLines(gone) });
    expect(errorsOf(stdout).map((error) => error?.message)).toEqual(
      gone.map((address) => `${address} can't be fetched: the bucket has no such key`),
    );
  });
});

async function putInParts({ client }: ObjectServer, Key: string, pieces: readonly Uint8Array[]): Promise<void> {
  const at = { Bucket: BUCKET, Key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
  const Parts = [];
  for (const [n, Body] of pieces.entries()) {
    const PartNumber = n + 1;
    const { ETag } = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
}
