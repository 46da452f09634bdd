import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAM, ROOT, temporaryFolder } from '../cli/signwave.js';
import { describeWithEachServer } from './describe-with-servers.js';
import { FAULTS, FaultProxy } from './fault-proxy.js';
import { BUCKET, environmentWithoutAws, ObjectServer } from './object-server.js';
import { answersOf, IMAGES, MODEL, run, STREAM, urlLines } from './run-model.js';

const folder = temporaryFolder();
/** Beginnings of keys that a client could take for something else. */
const ODD = ['a b/', 'é写真/', 'a+b/', '100%/', '%20/', 'a?b=c&d/', 'a#b/', '/', 'a//b/', "'()*!~/", '{x}/', '"\\|/'];
const keys = IMAGES.map((_, n) => `${ODD[n % ODD.length]}${n}.png`);
const addresses = keys.map((key) => `s3://${BUCKET}/${key}`);

const list = (lines: readonly string[]): string => {
  const path = join(folder, `list${Math.random()}.txt`);
  writeFileSync(path, lines.join('\n'));
  return path;
};

describeWithEachServer('images on a server', (kind, program) => {
  let server: ObjectServer;
  let expected: string;

  beforeAll(async () => {
    server = await ObjectServer.start(kind, program, new Map(keys.map((key, n) => [key, readFileSync(IMAGES[n]!)])));
    expected = await answersOf(IMAGES);
  }, 180_000);
  afterAll(() => server?.stop());

  test('give what the same files give, to the byte, whatever their keys are, over few connections', async () => {
    using proxy = await FaultProxy.start(server.address);
    const { stdout, stderr } = await run(STREAM, {
      env: server.environment(proxy.address),
      lines: urlLines(addresses),
    });
    expect(stdout).toBe(expected);
    expect(stderr).toMatch(new RegExp(`${IMAGES.length} lines answered, 0 of them with an error`));
    expect(proxy.attempts.size).toBe(IMAGES.length);
    expect(proxy.connections).toBeLessThan(IMAGES.length / 2);
  });

  test('give that in shares of a list, too', async () => {
    const parts = join(folder, 'parts');
    const manifest = list(addresses);
    const share = (shard: string) =>
      run(['--manifest', manifest, '--out', parts, '--give', 'logits', '--shard', shard], {
        env: server.environment(),
      });
    expect(await share('2/3')).toMatchObject({ code: 0 });
    const lines = expected.split('\n').slice(0, -1);
    const [first, last] = [Math.floor(lines.length / 3), Math.floor((2 * lines.length) / 3)];
    const part = (n: number): string[] =>
      readFileSync(join(parts, `part-${n}-of-3.jsonl`), 'utf8')
        .split('\n')
        .slice(0, -2);
    expect(part(2)).toEqual(lines.slice(first, last));
    await share('1/3');
    await share('3/3');
    expect([1, 2, 3].flatMap(part)).toEqual(lines);
  });

  test('give that through failures, after as many attempts as there were failures', async () => {
    const order = new Map<string, number>();
    using proxy = await FaultProxy.start(server.address, (path, attempt) => {
      if (!order.has(path)) order.set(path, order.size);
      return attempt < 3 ? FAULTS[(order.get(path)! + attempt) % FAULTS.length] : undefined;
    });
    const some = addresses.slice(0, 20);
    const { stdout } = await run(STREAM, { env: server.environment(proxy.address), lines: urlLines(some) });
    expect(stdout.split('\n').slice(0, -1)).toEqual(expected.split('\n').slice(0, some.length));
    const { slow, ...failures } = Object.fromEntries(proxy.faults);
    expect(Object.keys(failures).sort()).toEqual(['busy', 'cut', 'drop', 'page']);
    const asked = [...proxy.attempts.values()].reduce((sum, n) => sum + n, 0);
    expect(asked).toBe(some.length + Object.values(failures).reduce((sum, n) => sum + n, 0));
    expect(slow).toBeGreaterThan(0);
  });

  test('are answered with an error where there is none, or it may not be read, and the others are answered', async () => {
    await server.put('text.png', Buffer.from('no image'));
    const lines = urlLines([`s3://${BUCKET}/gone.png`, 's3://nowhere/a.png', `s3://${BUCKET}/text.png`, addresses[0]!]);
    const { stdout, stderr, code } = await run(STREAM, { env: server.environment(), lines });
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map(({ error }) => error?.code)).toEqual(['E_IO', 'E_IO', 'E_IMAGE', undefined]);
    expect(answers[0].error.message).toBe(`s3://${BUCKET}/gone.png can't be fetched: the bucket has no such key`);
    expect(answers[1].error.message).toBe("s3://nowhere/a.png can't be fetched: there is no such bucket");
    expect(answers[2].error.message).toContain(`s3://${BUCKET}/text.png`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('4 lines answered, 3 of them') });

    const env = server.environment(server.address, server.stranger);
    const denied = await run(STREAM, { env, lines: urlLines([addresses[0]!]) });
    expect(JSON.parse(denied.stdout).error).toEqual({
      code: 'E_IO',
      message: `${addresses[0]} can't be fetched: access is denied; the credentials need s3:GetObject for it (or it is missing, and they lack s3:ListBucket)`,
    });
  });

  test('are refused with a wrong secret, which is printed nowhere', async () => {
    const env = server.environment(server.address, { ...server.reader, secretAccessKey: 'wrong-secret' });
    const { stdout, stderr } = await run(STREAM, { env, lines: urlLines([addresses[0]!]) });
    expect(JSON.parse(stdout).error.message).toMatch(/its signature is refused; AWS_SECRET_ACCESS_KEY may be another/);
    expect(stdout + stderr).not.toMatch(/wrong-secret/);
    expect(stdout + stderr).not.toContain(server.reader.accessKeyId);
  });

  test('are found by a profile, with its endpoint, region and credentials', async () => {
    const [config, credentials] = [join(folder, 'config'), join(folder, 'credentials')];
    writeFileSync(config, `[profile here]\nregion = eu-north-1\nendpoint_url = ${server.address}\n`);
    const { accessKeyId, secretAccessKey } = server.reader;
    writeFileSync(
      credentials,
      `[here]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    );
    const env = {
      ...environmentWithoutAws(),
      AWS_PROFILE: 'here',
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: credentials,
    };
    expect((await run(STREAM, { env, lines: urlLines(addresses) })).stdout).toBe(expected);
  });

  test('end the run where this machine has no access, and no part of the list counts as finished', async () => {
    const { AWS_SECRET_ACCESS_KEY: _, ...env } = server.environment();
    const parts = join(folder, 'no-parts');
    const { code, stderr } = await run(['--manifest', list([IMAGES[0]!, ...addresses]), '--out', parts], { env });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /E_IO .*s3:\/\/photos\/a b\/0\.png can't be fetched: no credentials were found; set AWS_/,
      ),
    });
    expect(readdirSync(parts)).toEqual([]);
  });
});

describe('s3 addresses without what they need', () => {
  test('end the run while stdin is open, after the answers to the lines before', async () => {
    const env = environmentWithoutAws();
    const child = spawn(process.execPath, [PROGRAM, 'run', MODEL, ...STREAM], { cwd: ROOT, env });
    let stderr = '';
    child.stderr.on('data', (piece) => {
      stderr += piece;
    });
    const answers: string[] = [];
    createInterface(child.stdout).on('line', (line) => answers.push(line));
    const code = new Promise((resolve) => child.on('close', resolve));
    child.stdin.write(`${JSON.stringify({ path: IMAGES[0] })}\n${JSON.stringify({ url: 's3://photos/a.png' })}\n`);
    expect(await code).toBe(1);
    expect(answers.map((line) => Object.keys(JSON.parse(line)))).toEqual([['id', 'logits']]);
    expect(stderr).toMatch(/E_IO .*s3:\/\/photos\/a\.png can't be fetched: no valid region is set; set AWS_REGION/);
  });

  test('say what to install (E_PEER), and everything else works without it', async () => {
    // The program with no package beside it but the decoder of images.
    const program = join(folder, 'alone', 'dist', 'signwave.mjs');
    cpSync(join(ROOT, 'cli/dist'), join(folder, 'alone', 'dist'), { recursive: true });
    mkdirSync(join(folder, 'alone', 'node_modules'));
    symlinkSync(join(ROOT, 'node_modules/sharp'), join(folder, 'alone', 'node_modules/sharp'));
    const lines = [JSON.stringify({ path: IMAGES[0] }), ...urlLines(['s3://photos/a.png'])];
    const { code, stdout, stderr } = await run(STREAM, { program, lines });
    expect(JSON.parse(stdout)).toMatchObject({ id: 1, logits: expect.any(Array) });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /E_PEER .*s3:\/\/photos\/a\.png can't be fetched: .*npm install @aws-sdk\/client-s3/,
      ),
    });
    expect(existsSync(join(folder, 'alone', 'node_modules/@aws-sdk'))).toBe(false);
  });
});
