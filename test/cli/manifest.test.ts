import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { EXAMPLE_IMAGES, PROGRAM, ROOT, signwave, temporaryFolder } from './signwave.js';

const MODEL = 'zoo:cifar10-resnet20';
const folder = temporaryFolder();
const images = readdirSync(EXAMPLE_IMAGES).flatMap((name) =>
  readdirSync(join(EXAMPLE_IMAGES, name)).map((file) => join(EXAMPLE_IMAGES, name, file)),
);
const list = join(folder, 'list.txt');
/** Paths, an empty line, a request with an id, and what can't be read; the last line has no end. */
const LINES = [
  ...images.slice(0, 9),
  '',
  JSON.stringify({ id: 'tenth', path: images[9] }),
  'missing.png',
  ...images.slice(10, 15).map((it) => `${it}\r`),
  images[15],
];
writeFileSync(list, LINES.join('\n'));

let parts: string;
let count = 0;
beforeEach(() => {
  parts = join(folder, `parts${count++}`);
});

const run = (...options: readonly string[]) => signwave('run', MODEL, '--manifest', list, '--out', parts, ...options);
const merge = (out = join(folder, 'merged.jsonl')) => signwave('merge', parts, '-o', out);

/** What one process gives for the whole list. */
async function undivided(...options: readonly string[]): Promise<string> {
  const requests = LINES.map((line) =>
    line === '' || line!.startsWith('{') ? line : JSON.stringify({ path: line!.trim() }),
  );
  const child = spawn(process.execPath, [PROGRAM, 'run', MODEL, '--stdin', 'jsonl', ...options], { cwd: ROOT });
  child.stdin.end(requests.join('\n'));
  let text = '';
  for await (const piece of child.stdout) text += piece;
  return text;
}

describe('run --manifest', () => {
  test.each([[[]], [['--gzip']]])('in four shares and merged gives the bytes of one process, %o', async (options) => {
    for (const shard of ['2/4', '4/4', '1/4', '3/4']) {
      expect(await run('--shard', shard, '--give', 'logits', ...options)).toMatchObject({ code: 0 });
    }
    const outcome = await merge();
    expect(outcome).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/4 parts, 17 lines answered, 1 of them with an error/),
    });
    expect(readFileSync(join(folder, 'merged.jsonl'), 'utf8')).toBe(await undivided('--give', 'logits'));
    expect(readdirSync(parts)).toEqual(
      [1, 2, 3, 4].map((n) => `part-${n}-of-4.jsonl${options.length > 0 ? '.gz' : ''}`),
    );
  });

  test('skips a share that is finished, and says so', async () => {
    await run('--shard', '1/2');
    const path = join(parts, 'part-1-of-2.jsonl');
    const before = readFileSync(path, 'utf8');
    expect((await run('--shard', '1/2')).stderr).toMatch(/part-1-of-2\.jsonl was there: 9 lines answered/);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  test('leaves no part when it is killed, and the next call clears away what it had begun', async () => {
    // Long enough that it is killed on the way, however busy the machine is.
    const long = join(folder, 'long.txt');
    writeFileSync(long, `${images[0]}\n`.repeat(100_000));
    const child = spawn(process.execPath, [PROGRAM, 'run', MODEL, '--manifest', long, '--out', parts], { cwd: ROOT });
    while (!existsSync(parts) || readdirSync(parts).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    expect(readdirSync(parts).filter((name) => name.startsWith('part'))).toEqual([]);
    expect(await run()).toMatchObject({ code: 0 });
    expect(readdirSync(parts)).toEqual(['part-1-of-1.jsonl']);
  });

  test('refuses a part of another list, another model or other answers, and keeps it', async () => {
    await run('--give', 'logits');
    expect(await run('--give', 'labels')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/made with the give logits, not labels, 5; choose another folder/),
    });
    const other = join(folder, 'other.txt');
    writeFileSync(other, `${images[0]}\n`);
    const { code, stderr } = await signwave('run', MODEL, '--manifest', other, '--out', parts, '--give', 'logits');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('made with the manifest ') });
  });

  test('takes the share that a scheduler gives', async () => {
    process.env.JOB_COMPLETION_INDEX = '1';
    expect(await run('--shard', 'auto/3')).toMatchObject({ code: 0 });
    delete process.env.JOB_COMPLETION_INDEX;
    expect(readdirSync(parts)).toEqual(['part-2-of-3.jsonl']);
  });

  test.each<[string[], RegExp]>([
    [['run', MODEL, '--manifest', list], /--manifest needs --out/],
    [['run', MODEL, images[0]!, '--shard', '1/2'], /--shard belongs to --manifest/],
    [['run', MODEL, '--manifest', list, '--stdin', 'jsonl', '--out', 'x'], /give --stdin or --manifest, not both/],
  ])('refuses %o', async (args, message) => {
    expect(await signwave(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });

  test('says which list cannot be read', async () => {
    const { code, stderr } = await signwave('run', MODEL, '--manifest', join(folder, 'no.txt'), '--out', parts);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/E_IO .*no\.txt can't be read: no such file/),
    });
  });
});

describe('merge', () => {
  test('names the shares that are missing, and writes nothing', async () => {
    await run('--shard', '2/4');
    const out = join(folder, 'incomplete.jsonl');
    expect(await merge(out)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/lacks 3 of 4 parts: 1, 3, 4; run these shares/),
    });
    expect(existsSync(out)).toBe(false);
  });

  test('refuses a part that was cut, or is of another list', async () => {
    await run('--shard', '1/2');
    await run('--shard', '2/2');
    const path = join(parts, 'part-2-of-2.jsonl');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1));
    const out = join(folder, 'cut.jsonl');
    expect((await merge(out)).stderr).toMatch(/E_DATA .*part-2-of-2\.jsonl is no whole part/);
    writeFileSync(path, text.replace(/"manifest":"../, '"manifest":"xx'));
    expect((await merge(out)).stderr).toMatch(
      /part-2-of-2\.jsonl was made with the manifest xx\w+, not \w+, as .*part-1-of-2\.jsonl/,
    );
    expect(existsSync(out)).toBe(false);
  });

  test('refuses parts of two divisions, and a folder without parts', async () => {
    await run('--shard', '1/2');
    await run('--shard', '1/3');
    expect((await merge()).stderr).toMatch(
      /parts that don't belong together: part-1-of-2\.jsonl and part-1-of-3\.jsonl/,
    );
    rmSync(parts, { recursive: true });
    mkdirSync(parts);
    expect((await merge()).stderr).toMatch(/has no parts; they are called part-1-of-8\.jsonl/);
  });

  test('refuses a part under the name of another', async () => {
    await run('--shard', '1/2');
    await run('--shard', '2/2');
    renameSync(join(parts, 'part-1-of-2.jsonl'), join(parts, 'x'));
    renameSync(join(parts, 'part-2-of-2.jsonl'), join(parts, 'part-1-of-2.jsonl'));
    renameSync(join(parts, 'x'), join(parts, 'part-2-of-2.jsonl'));
    expect((await merge()).stderr).toMatch(/part-1-of-2\.jsonl holds part 2 of 2/);
  });

  test('takes a packed part beside one that is not', async () => {
    await run('--shard', '1/2');
    await run('--shard', '2/2', '--gzip');
    expect(gunzipSync(readFileSync(join(parts, 'part-2-of-2.jsonl.gz'))).toString()).toMatch(/"part":/);
    expect(await merge()).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'merged.jsonl'), 'utf8')).toBe(await undivided());
  });
});
