import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../shared.js';
import { EXAMPLE_IMAGES, type Outcome, PROGRAM, ROOT, signwave, temporaryFolder } from './signwave.js';

const MODEL = 'zoo:cifar10-resnet20';
const folder = temporaryFolder();
let parts: string;
let count = 0;
beforeEach(() => {
  parts = join(folder, `parts${count++}`);
});

const evaluate = (data: string, ...options: readonly string[]): Promise<Outcome> =>
  signwave('eval', MODEL, data, ...options);

/** Evaluates all shares at the same time, as a cluster does. */
async function inShares(data: string, of: number, ...options: readonly string[]): Promise<void> {
  const shares = Array.from({ length: of }, (_, n) =>
    evaluate(data, '--out', parts, '--shard', `${n + 1}/${of}`, ...options),
  );
  for (const outcome of await Promise.all(shares)) expect(outcome).toMatchObject({ code: 0, stdout: '' });
}

/** What is printed, but for the time, which is the only thing that may differ. */
function timeless(text: string): string {
  const [withoutTime, found] = [text.replace(TIME, ''), text.match(TIME)];
  expect(found, text).toHaveLength(1);
  return withoutTime;
}
const TIME = /(?<=\n {2}time {3})\d+\.\d{3}(?= ms per image\n)|(?<=\n {2}"msPerImage": )\d+(\.\d+)?(e-\d+)?(?=\n)/g;

/** @returns what merging told on the way. */
async function expectSameReports(data: string, ...options: readonly string[]): Promise<string> {
  const [one, two] = [join(folder, 'one.html'), join(folder, 'two.html')];
  const [text, json, merged, mergedJson] = await Promise.all([
    evaluate(data, ...options),
    evaluate(data, '--json', '--report', one, ...options),
    signwave('merge', parts),
    signwave('merge', parts, '--json', '--report', two),
  ]);
  expect(timeless(merged.stdout)).toBe(timeless(text.stdout));
  expect(timeless(mergedJson.stdout)).toBe(timeless(json.stdout));
  expect(readFileSync(two)).toEqual(readFileSync(one));
  // In front of them, eval says how the data were read.
  expect(text.stderr.endsWith(merged.stderr)).toBe(true);
  expect(merged.code).toBe(0);
  return merged.stderr;
}

describe('eval --shard', () => {
  test('in three packed shares and merged prints and writes the bytes of eval, except the time', async () => {
    const data = join(folder, 'pictures');
    cpSync(EXAMPLE_IMAGES, data, { recursive: true });
    const frogs = readdirSync(join(data, 'frog'));
    for (const name of frogs.slice(0, 7)) truncateSync(join(data, 'frog', name), 100);
    await inShares(data, 3, '--gzip');
    expect(readdirSync(parts)).toEqual([1, 2, 3].map((n) => `part-${n}-of-3.jsonl.gz`));
    expect(await expectSameReports(data)).toMatch(
      /^warning pictures: 7 of 100 images can't be decoded and are left out:\n(.*\n){5} {2}and 2 /,
    );
  });

  test('takes the share of the sample that Slurm gives to a task of an array', async () => {
    const slurm = { ARRAY_TASK_ID: '6', ARRAY_TASK_MIN: '2', ARRAY_TASK_STEP: '2', ARRAY_TASK_COUNT: '4' };
    for (const [name, value] of Object.entries(slurm)) process.env[`SLURM_${name}`] = value;
    const outcome = await evaluate(EXAMPLE_IMAGES, '--out', parts, '--shard', 'auto', '--limit', '10');
    for (const name of Object.keys(slurm)) delete process.env[`SLURM_${name}`];
    expect(outcome).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('part-3-of-4.jsonl is written: 2 images'),
    });
    const lines = readFileSync(join(parts, 'part-3-of-4.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[2]!).part).toMatchObject({
      command: 'eval',
      shard: { index: 3, count: 4 },
      of: { model: hashOf('zoo/models/cifar10-resnet20.sgnw'), sample: expect.stringMatching(/^10 of 100 images/) },
      lines: 2,
    });
  });

  test('leaves no part when it is killed, and gives the same when it is run again', async () => {
    // Long enough that it is killed on the way, however busy the machine is.
    const data = join(folder, 'noise');
    mkdirSync(data);
    writeFileSync(join(data, 'test_batch.bin'), records(2000));
    const args = ['eval', MODEL, `cifar10:${data}`, '--out', parts, '--shard', '2/2'];
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: ROOT });
    while (!existsSync(parts) || readdirSync(parts).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    expect(readdirSync(parts).filter((name) => name.startsWith('part'))).toEqual([]);
    expect(await signwave(...args)).toMatchObject({ code: 0, stderr: expect.stringContaining('is written: 1,000 ') });
    expect(readdirSync(parts)).toEqual(['part-2-of-2.jsonl']);
    const { mtimeMs } = statSync(join(parts, 'part-2-of-2.jsonl'));
    expect((await signwave(...args)).stderr).toMatch(/part-2-of-2\.jsonl was there: 1,000 images/);
    expect(statSync(join(parts, 'part-2-of-2.jsonl')).mtimeMs).toBe(mtimeMs);
  });

  test('refuses a part that is there with damaged images, if there may be none', async () => {
    const data = join(folder, 'few');
    for (const name of ['cat', 'dog']) cpSync(join(EXAMPLE_IMAGES, name), join(data, name), { recursive: true });
    truncateSync(join(data, 'cat', readdirSync(join(data, 'cat'))[0]!), 100);
    expect((await evaluate(data, '--out', parts)).stderr).toMatch(
      /part-1-of-1\.jsonl is written: 18 images, 1 of them can't/,
    );
    const { code, stderr } = await evaluate(data, '--out', parts, '--strict');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/E_IMAGE .*part-1-of-1\.jsonl was there: 1 of its 18 images can't be decoded;/),
    });
  });

  test.each<[string[], RegExp]>([
    [['--shard', '1/2'], /--shard needs --out, the folder for the parts/],
    [['--gzip'], /--gzip needs --out/],
    [['--out', 'x', '--json'], /--json belongs to signwave merge x, which has the figures of all shares/],
    [['--out', 'x', '--report', 'x.html'], /--report belongs to signwave merge x/],
    [['--out', 'x', '--shard', '1/2', '--logits', 'x.npy'], /--logits is for all of the data/],
    [['--out', 'x', '--shard', '3/2'], /share 3 of 2/],
    [['--out', EXAMPLE_IMAGES], /--out .* is the folder of the data/],
  ])('refuses %o', async (options, message) => {
    expect(await evaluate(EXAMPLE_IMAGES, ...options)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(message),
    });
  });
});

test('merge says which of its options are for shares of which command', async () => {
  await evaluate(EXAMPLE_IMAGES, '--out', parts, '--limit', '4');
  const out = join(folder, 'out.jsonl');
  expect(await signwave('merge', parts, '-o', out)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/E_USAGE .* has shares of eval: merge prints their figures; leave --out away/),
  });
  expect(existsSync(out)).toBe(false);
  const list = join(folder, 'list.txt');
  writeFileSync(list, '');
  const answers = join(folder, 'answers');
  expect(await signwave('run', MODEL, '--manifest', list, '--out', answers)).toMatchObject({ code: 0 });
  expect(await signwave('merge', answers)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/has shares of run: give --out, the file for all answers/),
  });
  expect(await signwave('merge', answers, '-o', out, '--report', join(folder, 'x.html'))).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/has shares of run: a report is made of shares of eval; leave --report away/),
  });
});

describeWithShared('CIFAR-10’s test images', () => {
  test('in seven shares and merged give the bytes of eval, except the time', async () => {
    const data = `cifar10:${sharedPath('data/cifar-10-batches-bin')}`;
    await inShares(data, 7, '--limit', '500');
    await expectSameReports(data, '--limit', '500');
  });
});

const hashOf = (path: string): string =>
  createHash('sha256')
    .update(readFileSync(join(ROOT, path)))
    .digest('hex');

/** Images of CIFAR-10's binary version, each another one. */
function records(images: number): Uint8Array {
  const bytes = Buffer.alloc(images * 3073, 'Bytes of a pattern that no image begins at the same place');
  for (let n = 0; n < images; n++) bytes[n * 3073] = n % 10;
  return bytes;
}
