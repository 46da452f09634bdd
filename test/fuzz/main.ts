// `npm run fuzz`, bundled and started by scripts/fuzz.mjs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { visible } from '@signwave/format';
import { type Bug, type FuzzResult, fuzz, type Tallies } from './fuzz.js';
import { MAX_CPU_MS, MAX_MEMORY_BYTES } from './judge.js';
import { compileKernels } from './kinds/exported-program.js';
import { KINDS, type KindName } from './kinds/index.js';
import { type Options, readOptions, USAGE } from './options.mjs';
import { Reader } from './reader.js';

const FOLDER = 'build/fuzz';
const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));

const read = readOptions(process.argv.slice(2), Object.keys(KINDS));
if ('help' in read) console.log(USAGE);
else if ('problem' in read) {
  console.error(`${read.problem}\nnpm run fuzz -- --help lists the options`);
  process.exitCode = 2;
} else if (read.options.file !== undefined) await judgeFile(read.options.kinds[0] as KindName, read.options.file);
else await fuzzAll(read.options);

/** Reads a kept file again. */
async function judgeFile(kind: KindName, path: string): Promise<void> {
  const name = basename(path).replace(/^[a-z]+-\d+-\d+-/, '');
  const reader = new Reader(worker);
  const [verdict] = await reader.read({ kind, input: { name, bytes: readFileSync(path) } });
  reader.renew();
  const { outcome, finding, cpuMs } = verdict!;
  console.log(finding ? `${finding.problem}: ${visible(finding.text)}` : `${outcome} in ${Math.round(cpuMs)} ms`);
  if (finding) process.exitCode = 1;
}

async function fuzzAll(options: Options): Promise<void> {
  const { seed, minutes, only } = options;
  const kinds = options.kinds as KindName[];
  if (kinds.includes('graphs') && !(await compileKernels()))
    console.log('there is no C compiler: exported C is not compared');
  const startMs = performance.now();
  if (only === undefined) rmSync(`${FOLDER}/found`, { recursive: true, force: true });
  console.log(`seed ${seed}, ${only === undefined ? `${minutes} minutes` : `input ${only}`}: ${kinds.join(', ')}`);
  const result = await fuzz({ ...options, kinds, worker, onBug: (bug) => keep(bug, seed), onTurn: progress() });
  printTable(result);
  if (only === undefined) {
    const bugs = result.bugs.map(({ smallest, ...bug }) => ({ ...bug, bytes: smallest.bytes.length }));
    const limits = { cpuMs: MAX_CPU_MS, memoryBytes: MAX_MEMORY_BYTES };
    const took = Math.round((performance.now() - startMs) / 6_000) / 10;
    const record = {
      seed,
      minutes: took,
      processes: options.processes,
      node: process.version,
      limits,
      kinds: result.tallies,
      bugs,
    };
    writeFileSync(`${FOLDER}/results.json`, `${JSON.stringify(record, null, 2)}\n`);
  }
  if (result.bugs.length > 0) process.exitCode = 1;
}

/** Keeps the smallest file, with how it is read again. */
function keep({ kind, number, problem, text, smallest }: Bug, seed: number): void {
  mkdirSync(`${FOLDER}/found`, { recursive: true });
  const path = `${FOLDER}/found/${kind}-${seed}-${number}-${smallest.name}`;
  writeFileSync(path, smallest.bytes);
  const lines = [
    `${kind}: ${problem}: ${visible(text)}`,
    `  the input:                      npm run fuzz -- --kinds ${kind} --seed ${seed} --only ${number}`,
    `  its smallest form, ${smallest.bytes.length} bytes: npm run fuzz -- --kinds ${kind} --file ${path}`,
  ].join('\n');
  writeFileSync(`${path}.txt`, `${lines}\n`);
  console.log(lines);
}

/** @returns what prints, once a minute, how many inputs were read. */
function progress(): (tallies: Tallies) => void {
  const startMs = performance.now();
  let minutes = 0;
  return (tallies) => {
    const passed = Math.floor((performance.now() - startMs) / 60_000);
    if (passed === minutes) return;
    minutes = passed;
    const counts = Object.entries(tallies).map(([kind, { inputs }]) => `${kind} ${inputs}`);
    console.log(`after ${minutes} min: ${counts.join(', ')}`);
  };
}

function printTable({ tallies, bugs }: FuzzResult): void {
  const rows = Object.entries(tallies).map(([kind, it]) => ({
    kind,
    inputs: it.inputs,
    read: it.read,
    refused: it.refused,
    'sign maps': it.signMaps,
    bits: it.bits,
    'slowest, ms': Math.round(it.slowestCpuMs),
    'most memory, MiB': Math.round(it.peakBytes / 2 ** 20),
    findings: it.findings,
    bugs: bugs.filter((bug) => bug.kind === kind).length,
  }));
  console.table(rows);
}
