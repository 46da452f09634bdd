// Writes the figures of docs/reliability.md from docs/reliability.json, which is what a run of `npm run fuzz` recorded, and from
// docs/reliability-interrupt.json, which is what runs of `npm run interrupt` recorded.
//
//   npm run fuzz -- --minutes 60 --inputs files=1000000,graphs=2600,checkpoints=100000,tflite=20000,images=20000,json=20000
//   node scripts/documents/write-reliability.mjs build/fuzz/results.json   keeps that run as docs/reliability.json, and writes the page
//   npm run interrupt
//   node scripts/documents/write-reliability.mjs --interrupt build/interrupt/results.json ...   keeps them as docs/reliability-interrupt.json
//   node scripts/documents/write-reliability.mjs                           writes the page
//   node scripts/documents/write-reliability.mjs --check                   exits with 1 if the page isn't what the record gives
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFigures } from '../modules/figures.mjs';
import { keepInterrupts, withInterrupts } from './reliability-interrupt.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = `${ROOT}docs/reliability.md`;
const RECORD = `${ROOT}docs/reliability.json`;
/** @type {[string, string]} */
const MARKERS = [
  '<!-- figures: written by scripts/documents/write-reliability.mjs, do not edit -->',
  '<!-- /figures -->',
];

/**
 * @typedef {object} Tally as test/fuzz/fuzz.ts counts.
 * @property {string} about
 * @property {number} inputs
 * @property {number} read
 * @property {number} refused
 * @property {number} bits
 * @property {number} signMaps
 * @property {number} slowestCpuMs
 * @property {number} peakBytes
 * @property {number} findings
 */

/**
 * @typedef {object} Record as test/fuzz/main.ts writes it.
 * @property {number} seed
 * @property {number} minutes
 * @property {number} processes
 * @property {string} node
 * @property {{ cpuMs: number, memoryBytes: number }} limits
 * @property {{ [kind: string]: Tally }} kinds
 * @property {{ kind: string, number: number, problem: string, text: string, count: number }[]} bugs
 */

/** The page with the figures of the record. */
export function reliabilityDocument() {
  const page = readFileSync(PAGE, 'utf8');
  /** @type {Record} */
  const { seed, minutes, processes, node, limits, kinds, bugs } = JSON.parse(readFileSync(RECORD, 'utf8'));
  /** @param {'inputs' | 'bits' | 'signMaps'} what */
  const sum = (what) => grouped(Object.values(kinds).reduce((all, tally) => all + tally[what], 0));
  const lines = [
    `${sum('inputs')} inputs in ${minutes} minutes, ${processes} read at a time, Node ${node}, seed ${seed}. Limits for each: ${limits.cpuMs / 1000} s of processor time, and ${mebibytes(limits.memoryBytes)} MiB for the process that reads it.`,
    '',
    `Compared bit for bit: ${sum('bits')} bits of ${sum('signMaps')} sign maps and their networks' outputs; a bit counts once for each executor that was compared with another, an output as 32 bits.`,
    '',
    '| | inputs | read | refused | sign maps | bits | slowest, ms | most memory, MiB | bugs |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...Object.entries(kinds).map(([kind, it]) => {
      const counts = [it.inputs, it.read, it.refused, it.signMaps, it.bits, Math.round(it.slowestCpuMs)].map(grouped);
      const found = bugs.filter((bug) => bug.kind === kind).length;
      return `| \`${kind}\` | ${counts.join(' | ')} | ${mebibytes(it.peakBytes)} | ${found} |`;
    }),
    '',
    ...Object.entries(kinds).map(([kind, { about }]) => `* \`${kind}\`: ${about}.`),
  ];
  if (bugs.length > 0) {
    lines.push('', 'Found, and open when this was recorded:', '');
    for (const { kind, number, problem, text, count } of bugs)
      lines.push(
        `* \`--kinds ${kind} --seed ${seed} --only ${number}\` (${grouped(count)} inputs), ${problem}: \`${text}\``,
      );
  }
  return withInterrupts(withFigures(page, MARKERS, lines));
}

/** @param {number} count */
const grouped = (count) => count.toLocaleString('en-US');

/** @param {number} bytes */
const mebibytes = (bytes) => grouped(Math.round(bytes / 2 ** 20));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [argument, ...files] = process.argv.slice(2);
  if (argument === '--check') {
    if (readFileSync(PAGE, 'utf8') !== reliabilityDocument()) {
      console.error(
        'docs/reliability.md is not what docs/reliability.json gives: run node scripts/documents/write-reliability.mjs',
      );
      process.exit(1);
    }
  } else {
    if (argument === '--interrupt') keepInterrupts(files);
    else if (argument !== undefined) copyFileSync(resolve(argument), RECORD);
    writeFileSync(PAGE, reliabilityDocument());
  }
}
