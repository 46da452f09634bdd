import { runName } from './table-config.mjs';
import { TABLE_ROWS } from './table-rows.mjs';

/** @typedef {import('./table-rows.mjs').TableRow} TableRow */
/** @typedef {Pick<import('../src/run/metrics.ts').EpochMetrics, 'stage' | 'epoch' | 'testAccuracy' | 'trainAccuracy'>} TableEpoch */
/**
 * A finished run, as trainer/bench/tables-results.json has it. Rows of the same network and method share one.
 *
 * @typedef {{
 *   run: string, seed: number, budget: import('./table-config.mjs').Budget, machine: string,
 *   epochs: readonly TableEpoch[],
 * }} TableRun
 */
/** @typedef {Readonly<Record<string, import('../src/methods/method.ts').Method>>} Methods */

/** @type {Readonly<Record<import('../src/methods/method.ts').Evidence, string>>} */
const EVIDENCE = { code: 'code', paper: 'paper', abstract: 'abstract alone: an approximation' };

const CAPTIONS = {
  1: 'two stages without the wave (CIFAR-10)',
  2: 'binary weights, real activations (CIFAR-10)',
  3: 'binary weights and activations (CIFAR-10)',
  4: 'binary weights and activations (ImageNet); top-1 / top-5',
};

const HEAD = `<!-- Written by trainer/bench/tables.mjs from trainer/bench/tables-results.json; do not edit. -->
# The paper's tables, from runs

Every row of tables 1 to 4 of the paper, with the accuracy that the paper prints and the one that a short run of the same method reaches here. \`npm run tables -- --data
CIFAR10_FOLDER\` trains the rows of tables 1 to 3, one run for each seed; ImageNet's also need \`--data folder:IMAGENET_FOLDER\`. \`trainer/bench/tables.mjs\` has the other options.

## How the runs are made equal

- **Same for all rows of a network**: the images (evenly chosen from the data set) and their augmentation, the number of epochs, the batch size, the seed. A method's network has the changes that its authors make
  ([methods](methods.md)).
- **Each method's own**: optimizer, learning rate, weight decay, schedule, loss, as published; \`signwave train --init METHOD --network NAME\` prints them.
- **Rates** are scaled with the batch size where it differs from the published one: in proportion with SGD, as IR-Net's authors and others do, and by the square root with Adam.
  Weight decay and the weights of losses stay.
- **Schedules** keep their shape: milestones, warm-up and what a method anneals are at the same shares of the run, and the epochs of two stages are split as published. A warm-up that is shortened to less than half an
  epoch is left out.
- **Teachers** of LCR-BNN and DIR-Net are the float runs of the same network, seed and budget; their training comes on top.

## What the tables show, and what they don't

They show that each method trains, from the recipe that its authors published, and that the runs can be repeated. They don't rank the methods: a run has a small part of the published epochs, and recipes
suffer differently from that. Large learning rates and short annealing gain, small rates, strong regularisers and slow starts lose; weight decay and everything else that acts by the number of steps
hardly acts. The published numbers come from different authors, networks and augmentations, and some were never measured by a method's own authors. Differences within a few points say nothing: compare the
two seeds of a row, and mind that one standard deviation of an accuracy of 50 % is 0.7 points on 5,000 test images. *Rests on* says what a method was
written from; one that rests on its abstract is an approximation, whatever its number.`;

/**
 * The page.
 *
 * @param {readonly TableRun[]} results
 * @param {Methods} methods
 */
export function tablesDocument(results, methods) {
  const sections = /** @type {const} */ ([1, 2, 3, 4]).map((number) => {
    const rows = TABLE_ROWS.filter(({ table }) => table === number);
    return `## Table ${number}: ${CAPTIONS[number]}\n\n${tableOf(rows, results, methods)}`;
  });
  const machines = [...new Set(results.map(({ machine }) => machine))];
  const ranOn = machines.length > 0 ? [`Run on ${machines.join('; ')}.`] : [];
  return `${[HEAD, ...sections, ...ranOn].join('\n\n')}\n`;
}

/**
 * @param {readonly TableRow[]} rows
 * @param {readonly TableRun[]} results
 * @param {Methods} methods
 */
function tableOf(rows, results, methods) {
  /** @type {string[]} */
  const notes = [];
  const lines = rows.map((it) => {
    const runs = runsOf(it, results);
    const marked = it.note === undefined ? it.label : `${it.label}${mark(notes, it.note)}`;
    const method = methods[it.method];
    return row([
      it.network,
      marked,
      it.bits,
      it.paper.map(percent).join(' / '),
      runs.length === 0 ? 'not run' : runs.map((run) => accuracyOf(run, it)).join(', '),
      runs.length === 0 ? '' : budgetOf(runs[0], method),
      `\`${it.method}\` on \`${it.architecture}\``,
      `${EVIDENCE[method.evidence]} (${method.source})`,
    ]);
  });
  const head = ['network', 'method', 'W/A', 'paper, %', 'here, %', 'budget', 'config', 'rests on'];
  const table = [row(head), row(head.map(() => '---')), ...lines].join('\n');
  return [table, ...notes.map((note, i) => `${raised(i)} ${note}`)].join('\n\n');
}

/** @param {string[]} notes gets the note, if it isn't there. @param {string} note */
function mark(notes, note) {
  if (!notes.includes(note)) notes.push(note);
  return raised(notes.indexOf(note));
}

/** @param {number} index */
const raised = (index) => `<sup>${index + 1}</sup>`;

/**
 * The runs of a row at its largest budget, by seed.
 *
 * @param {TableRow} row
 * @param {readonly TableRun[]} results
 */
function runsOf(row, results) {
  const runs = results.filter(({ run, seed }) => run === runName(row, seed));
  /** @param {TableRun} run */
  const size = ({ budget: { images, epochs } }) => images * epochs;
  const largest = Math.max(...runs.map(size));
  const [first] = runs.filter((run) => size(run) === largest);
  const isSame = (/** @type {TableRun} */ run) => JSON.stringify(run.budget) === JSON.stringify(first.budget);
  return runs.filter(isSame).sort((a, b) => a.seed - b.seed);
}

/**
 * Accuracy on the test images after the last epoch; in table 1, of each stage.
 *
 * @param {TableRun} run
 * @param {TableRow} row
 */
function accuracyOf({ epochs }, { table }) {
  const last = /** @type {const} */ (['1', '2']).flatMap((stage) => epochs.findLast((it) => it.stage === stage) ?? []);
  return (table === 1 ? last : last.slice(-1)).map(({ testAccuracy }) => (100 * testAccuracy).toFixed(2)).join(' / ');
}

/**
 * @param {TableRun} run
 * @param {Methods[string]} method
 */
function budgetOf({ epochs, budget: { images, batch } }, method) {
  const ofStage = (/** @type {string} */ key) => epochs.filter(({ stage }) => stage === key).length;
  const split = [ofStage('1'), ofStage('2')].filter((count) => count > 0).join(' + ');
  const teacher = method.teacher ? ', and a teacher' : '';
  return `${images.toLocaleString('en-US')} images x ${split} epochs, batch ${batch}${teacher}`;
}

/** @param {readonly string[]} cells */
const row = (cells) => `| ${cells.join(' | ')} |`;

/** With as many digits as the paper has, but one at least. @param {number} value */
const percent = (value) => (Number.isInteger(value) ? value.toFixed(1) : String(value));
