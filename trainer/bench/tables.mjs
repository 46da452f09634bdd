// Trains the rows of the paper's tables at one budget, and writes docs/tables.md.
//
//   npm run tables -- --data CIFAR10_FOLDER [--data folder:IMAGENET_FOLDER] [--epochs 10] [--images 10000] [--batch 128]
//                     [--rows 2,3-resnet20,3-vggsmall-bnn] [--seeds 0,1] [--out build/tables] [--backend NAME]
//
// --rows takes beginnings of the names that it prints: 2, 3-resnet20, 3-resnet20-ir-net. A run whose result is in trainer/bench/tables-results.json
// or that is finished isn't repeated, and one that was interrupted goes on where it stopped; each is in a folder of its own below --out. Without --data nothing is trained, and the document is
// written from the results that there are (trainer/bench/tables-results.json).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { importSource } from '../../scripts/modules/import-source.mjs';
import { runName, tableConfig } from './table-config.mjs';
import { floatOf, nameOf, TABLE_ROWS } from './table-rows.mjs';
import { tablesDocument } from './tables-document.mjs';
import { accuraciesOf, trainOnce } from './train-once.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const RESULTS = 'trainer/bench/tables-results.json';
const PAGE = 'docs/tables.md';
/** A run on all of CIFAR-10's training images is tested on all of its test images, others on half of them. */
const ALL_IMAGES = { training: 50_000, test: 10_000 };
const FOLDER_PREFIX = 'folder:';
const MACHINE = `${cpus().length} x ${cpus()[0]?.model.trim()}`;

const { values } = parseArgs({
  options: {
    data: { type: 'string', multiple: true, default: [] },
    epochs: { type: 'string', default: '10' },
    images: { type: 'string', default: '10000' },
    batch: { type: 'string', default: '128' },
    rows: { type: 'string', default: TABLE_ROWS.map(nameOf).join(',') },
    seeds: { type: 'string', default: '0,1' },
    out: { type: 'string', default: 'build/tables' },
    backend: { type: 'string' },
  },
});
/** @typedef {import('./table-rows.mjs').TableRow} TableRow */
/** @typedef {import('./tables-document.mjs').TableRun} TableRun */

const { ARCHITECTURES, METHODS } = await importSource('trainer/src/internals.ts');
const images = wholeNumber('images', 64);
const budget = {
  images,
  testImages: images >= ALL_IMAGES.training ? ALL_IMAGES.test : ALL_IMAGES.test / 2,
  epochs: wholeNumber('epochs', 2),
  batch: wholeNumber('batch', 2),
};
const seeds = values.seeds.split(',').map(Number);
const sources = {
  cifar10: values.data.find((it) => !it.startsWith(FOLDER_PREFIX)),
  folder: values.data.find((it) => it.startsWith(FOLDER_PREFIX))?.slice(FOLDER_PREFIX.length),
};
const out = `${values.out}/${budget.images}x${budget.epochs}-batch${budget.batch}`;
const failed = values.data.length > 0 ? await trainRows(chosenRows()) : [];
writeFileSync(PAGE, tablesDocument(readResults(), METHODS));
console.log(`${PAGE} is written`);
if (failed.length > 0) {
  console.error(`not trained, because of an error: ${failed.join(', ')}`);
  process.exitCode = 1;
}

/** @param {readonly TableRow[]} rows @returns the names of those that failed. */
async function trainRows(rows) {
  /** @type {string[]} */
  const failures = [];
  for (const seed of seeds) {
    for (const row of rows) {
      const skipped = reasonToSkip(row);
      if (skipped) console.log(`${nameOf(row)}: skipped, ${skipped}`);
      else if (isKnown(row, seed)) console.log(`${nameOf(row)}, seed ${seed}: its result is in ${RESULTS}`);
      else if (!(await trainRow(row, seed))) failures.push(runName(row, seed));
    }
  }
  return failures;
}

/** @param {TableRow} row @param {number} seed @returns whether this or another machine trained it at this budget. */
function isKnown(row, seed) {
  const [run, asked] = [runName(row, seed), JSON.stringify(budget)];
  return readResults().some((it) => it.run === run && JSON.stringify(it.budget) === asked);
}

/** @param {TableRow} row @param {number} seed @returns whether it is trained. */
async function trainRow(row, seed) {
  const teacher = METHODS[row.method].teacher ? floatRow(row) : undefined;
  if (teacher && !(await trainRow(teacher, seed))) return false;
  const { family, precision } = ARCHITECTURES[row.architecture];
  const name = runName(row, seed);
  console.log(`${nameOf(row)}, seed ${seed}: ${out}/${name}`);
  const isImageNet = family === 'imagenet-resnet';
  const config = {
    ...tableConfig(row, METHODS[row.method].preset({ family, precision }), budget, seed),
    ...(teacher && {
      distillation: {
        teacher: `${out}/${runName(teacher, seed)}/latest.safetensors`,
        architecture: teacher.architecture,
      },
    }),
    data: {
      format: isImageNet ? 'folder' : 'cifar10',
      folder: isImageNet ? sources.folder : sources.cifar10,
      trainImages: budget.images,
      testImages: budget.testImages,
    },
    output: `${out}/${name}`,
  };
  const epochs = await trainOnce(`${out}/${name}`, config, values.backend);
  if (epochs) keep({ run: name, seed, budget, machine: MACHINE, epochs: epochs.map(accuraciesOf) });
  return epochs !== undefined;
}

/**
 * The float run beside a row, which is the teacher of methods that need one.
 *
 * @param {TableRow} row
 * @returns {TableRow}
 */
function floatRow({ methodOptions: _, ...row }) {
  return { ...row, architecture: floatOf(row.architecture), method: 'full-precision' };
}

/** @param {TableRow} row @returns why it can't be trained, if so. */
function reasonToSkip({ architecture }) {
  const isImageNet = ARCHITECTURES[architecture].family === 'imagenet-resnet';
  if (isImageNet && sources.folder === undefined) return `it needs --data ${FOLDER_PREFIX}IMAGENET_FOLDER`;
  if (!isImageNet && sources.cifar10 === undefined) return 'it needs --data CIFAR10_FOLDER';
  return undefined;
}

/** @returns {readonly TableRow[]} */
function chosenRows() {
  const asked = values.rows.split(',');
  /** @param {string} name @param {string} start */
  const begins = (name, start) => name === start || name.startsWith(`${start}-`);
  const unknown = asked.find((start) => !TABLE_ROWS.some((row) => begins(nameOf(row), start)));
  if (unknown !== undefined)
    fail(`--rows: no row is called "${unknown}"; there are\n${TABLE_ROWS.map(nameOf).join('\n')}`);
  return TABLE_ROWS.filter((row) => asked.some((start) => begins(nameOf(row), start)));
}

/** @param {TableRun} result replaces that of the same run at the same budget. */
function keep(result) {
  /** @param {TableRun} it */
  const keyOf = (it) => JSON.stringify([it.run, it.budget]);
  const others = readResults().filter((it) => keyOf(it) !== keyOf(result));
  const runs = [...others, result].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  writeFileSync(RESULTS, `${JSON.stringify({ runs }, null, 1)}\n`);
}

/** @returns {readonly TableRun[]} */
function readResults() {
  return existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')).runs : [];
}

/** @param {'epochs' | 'images' | 'batch'} name @param {number} from */
function wholeNumber(name, from) {
  const value = Number(values[name]);
  return Number.isInteger(value) && value >= from ? value : fail(`--${name} must be a whole number, ${from} or more`);
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(2);
}
