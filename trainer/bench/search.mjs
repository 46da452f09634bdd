// Trains the runs of search-runs.mjs, one after the other, and writes docs/runs/search: a file for each run with its config and the course of
// its accuracy, and a page.
//
//   npm run search -- --data CIFAR10_FOLDER [--runs base,adam-0.001] [--out build/search] [--backend NAME]
//
// A run whose file has the same config isn't repeated, and one that was interrupted goes on where it stopped. Without --data only the page is
// written.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { importSource } from '../../scripts/modules/import-source.mjs';
import { searchDocument } from './search-document.mjs';
import { BASE, SEARCH_RUNS } from './search-runs.mjs';
import { accuraciesOf, trainOnce } from './train-once.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const FOLDER = 'docs/runs/search';
const MACHINE = `${cpus().length} x ${cpus()[0]?.model.trim()}`;

/** @typedef {import('./search-runs.mjs').SearchRun} SearchRun */
/** @typedef {import('./search-document.mjs').SearchResult} SearchResult */

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    runs: { type: 'string', default: SEARCH_RUNS.map(({ name }) => name).join(',') },
    out: { type: 'string', default: 'build/search' },
    backend: { type: 'string' },
  },
});
const { mergePatch } = await importSource('trainer/src/internals.ts');
mkdirSync(FOLDER, { recursive: true });
if (values.data !== undefined) await trainAll(values.data);
writeFileSync(`${FOLDER}/README.md`, searchDocument(results()));
console.log(`${FOLDER}/README.md is written`);

/** @param {string} data */
async function trainAll(data) {
  for (const name of values.runs.split(',')) {
    const run = runOf(name);
    for (const seed of run.seeds ?? [0]) await trainRun(run, seed, data);
  }
}

/** @param {SearchRun} run @param {number} seed @param {string} data */
async function trainRun(run, seed, data) {
  const title = `${run.name}-seed${seed}`;
  const config = { ...configOf(run), seed };
  const path = `${FOLDER}/${title}.json`;
  if (existsSync(path) && JSON.stringify(JSON.parse(readFileSync(path, 'utf8')).config) === JSON.stringify(config)) {
    console.log(`${title}: its result is in ${path}`);
    return;
  }
  console.log(`${title}: ${run.question}`);
  const output = `${values.out}/${title}`;
  const places = { data: { format: 'cifar10', folder: data, ...config.data }, output };
  const epochs = await trainOnce(output, { ...withCheckpoints(config), ...places }, values.backend);
  if (!epochs) throw new Error(`${title} failed`);
  const course = epochs.map(accuraciesOf);
  writeFileSync(
    path,
    `${JSON.stringify({ name: run.name, seed, machine: MACHINE, config, epochs: course }, null, 1)}\n`,
  );
}

/** The config with the paths of the checkpoints that other runs wrote. @param {object} config */
function withCheckpoints(config) {
  /** @param {string} _key @param {unknown} value */
  const placed = (_key, value) =>
    typeof value === 'string' ? value.replace(/^run:(.*)$/, `${values.out}/$1-seed0/best.safetensors`) : value;
  return JSON.parse(JSON.stringify(config), placed);
}

/** @param {SearchRun} run @returns {any} */
function configOf(run) {
  if (run === SEARCH_RUNS[0]) return BASE;
  return mergePatch(configOf(runOf(run.from ?? 'base')), run.change);
}

/** @param {string} name @returns {SearchRun} */
function runOf(name) {
  const run = SEARCH_RUNS.find((it) => it.name === name);
  if (run) return run;
  console.error(`no run is called "${name}"; there are ${SEARCH_RUNS.map((it) => it.name).join(', ')}`);
  process.exit(2);
}

/** @returns {readonly SearchResult[]} */
function results() {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')));
}
