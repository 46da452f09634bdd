// Measures what docs/scale.md computes with, and prints it as JSON: what an answer to a photograph is made of (image-shares.mjs), what the start of a
// process costs, two workers beside one, and ONNX Runtime doing the same. A worker is a process that is kept on one core, as schedulers keep it.
//
//   SIGNWAVE_S3_SERVER=... SIGNWAVE_SCALE_PYTHON=... node bench/scripts/scale.mjs [--images 400] [--rounds 5] > docs/scale.json
//
// Needs the maintainers' data, the CLI's bundle, and a Python with bench/scale/requirements.txt.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAINTAINERS_DATA } from '../../scripts/modules/maintainers-data.mjs';
import { parseOptions } from '../../scripts/modules/parse-options.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const SIGNWAVE = [process.execPath, 'cli/bin/signwave.mjs'];
const CHECKPOINT = `${MAINTAINERS_DATA}checkpoints/biper-resnet18-imagenet`;

const LONG_LINES = 1_000_000;

const parsed = parseOptions(process.argv.slice(2), {
  images: { type: 'string', default: '400' },
  rounds: { type: 'string', default: '5' },
});
const [images, rounds] = 'values' in parsed ? [Number(parsed.values.images), Number(parsed.values.rounds)] : [0, 0];
const python = process.env.SIGNWAVE_SCALE_PYTHON;
if (!(images >= 2 && rounds >= 1) || !python) {
  console.error(
    'bench/scripts/scale.mjs: expected SIGNWAVE_SCALE_PYTHON, and, if wanted, --images of 2 or more and --rounds of 1 or more',
  );
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'signwave-scale-'));
try {
  const [model, onnx] = [join(folder, 'model.sgnw'), join(folder, 'model.onnx')];
  signwave('convert', `${CHECKPOINT}/model_best.pth.tar`, '-o', model);
  signwave('export', model, '--onnx', onnx);
  const photographs = readdirSync(`${CHECKPOINT}/images`).map((name) => `${CHECKPOINT}/images/${name}`);
  const lines = Array.from({ length: images }, (_, n) =>
    JSON.stringify({ id: n + 1, path: photographs[n % photographs.length] }),
  );
  const lists = {
    all: list('all', lines),
    one: list('one', lines.slice(0, 1)),
    // A share of one line: what is left is the time to read and hash the list.
    long: list('long', repeated(lines, LONG_LINES)),
    each: list('each', lines.slice(0, photographs.length)),
  };

  const shares = JSON.parse(
    execFileSync(process.execPath, ['bench/scripts/image-shares.mjs', '--model', model], { encoding: 'utf8' }),
  );
  const stream = [...SIGNWAVE, 'run', model, '--stdin', 'jsonl'];
  const peer = [python, 'bench/scale/onnx_lines.py', onnx];
  checkAnswers(await answers(stream, lists.each), await answers(peer, lists.each));

  let call = 0;
  /** @param {number} index @param {number} count @param {string} [path] */
  const share = (index, count, path = lists.all) => [
    ...SIGNWAVE,
    'run',
    model,
    '--manifest',
    path,
    '--out',
    join(folder, `out${++call}`),
    '--shard',
    `${index}/${count}`,
  ];
  /** @type {Record<string, () => Promise<number>>} */
  const contestants = {
    start: () => secondsOf([stream], lists.one),
    peerStart: () => secondsOf([peer], lists.one),
    longList: () => secondsOf([share(1, LONG_LINES, lists.long)]),
    oneWorker: () => secondsOf([share(1, 1)]),
    twoWorkers: () => secondsOf([share(1, 2), share(2, 2)]),
    peer: () => secondsOf([peer], lists.all),
  };
  /** @type {Record<string, number[]>} */
  const seconds = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) seconds[name] = [...(seconds[name] ?? []), await run()];
  }
  const medians = Object.fromEntries(Object.entries(seconds).map(([name, all]) => [name, medianOf(all)]));
  const answerBytes = Buffer.byteLength((await answers(stream, lists.each)).join('\n')) / photographs.length;
  const listBytes = readFileSync(lists.all).length / images;
  const modelBytes = readFileSync(model).length;
  console.log(
    JSON.stringify(
      {
        ...shares,
        workers: { images, rounds, longLines: LONG_LINES, seconds: medians, answerBytes, listBytes, modelBytes },
      },
      null,
      2,
    ),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {readonly string[]} args */
function signwave(...args) {
  execFileSync(process.execPath, [...SIGNWAVE.slice(1), ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** @param {readonly string[]} lines @param {number} count */
function repeated(lines, count) {
  return Array.from({ length: count }, (_, n) => /** @type {string} */ (lines[n % lines.length]));
}

/** @param {string} name @param {readonly string[]} lines */
function list(name, lines) {
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, lines.map((it) => `${it}\n`).join(''));
  return path;
}

/**
 * Time until the last of some commands has ended, which begin together, each on a core of its own.
 *
 * @param {readonly string[][]} commands @param {string} [stdin] file for each of them @returns {Promise<number>}
 */
async function secondsOf(commands, stdin) {
  const start = performance.now();
  await Promise.all(commands.map((command, core) => answers(command, stdin, core)));
  return (performance.now() - start) / 1000;
}

/** Lines that a command prints. @param {readonly string[]} command @param {string} [stdin] @param {number} [core] @returns {Promise<string[]>} */
async function answers(command, stdin, core = 0) {
  const file = stdin === undefined ? undefined : openSync(stdin, 'r');
  const child = spawn('taskset', ['--cpu-list', String(core), ...command], {
    stdio: [file ?? 'ignore', 'pipe', 'pipe'],
  });
  /** @type {Buffer[]} */
  const out = [];
  /** @type {Buffer[]} */
  const messages = [];
  child.stdio[1]?.on('data', (it) => out.push(it));
  child.stdio[2]?.on('data', (it) => messages.push(it));
  const status = await new Promise((resolve) => child.once('close', resolve));
  if (file !== undefined) closeSync(file);
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${Buffer.concat(messages)}`);
  return Buffer.concat(out).toString().trim().split('\n');
}

/**
 * Both must say the same before they are timed: the same class. A sum of floats that is added in another order turns single signs, which moves outputs by some per cent.
 *
 * @param {readonly string[]} ours @param {readonly string[]} theirs
 */
function checkAnswers(ours, theirs) {
  for (const [n, line] of ours.entries()) {
    const [a, b] = [line, theirs[n] ?? '{}'].map((it) => JSON.parse(it).predictions?.[0]);
    if (a?.index !== b?.index || Math.abs(a.logit - b.logit) > 0.2 * Math.abs(a.logit)) {
      throw new Error(`answer ${n + 1} differs: ${JSON.stringify(a)}, ONNX Runtime ${JSON.stringify(b)}`);
    }
  }
}

/** @param {readonly number[]} values @returns {number} */
function medianOf(values) {
  return /** @type {number} */ ([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]);
}
