import { writeFileSync } from 'node:fs';
import { importSource } from '../../scripts/modules/import-source.mjs';

const PAGE = 'docs/ablation.md';
const FIGURES = 'docs/figures';
const SIZE = { width: 720, height: 400 };

/**
 * An epoch of a run; `b` and `quantizationError` are means over the binary layers.
 *
 * @typedef {{ stage: Stage, epoch: number, testAccuracy: number, trainAccuracy: number, b: number, quantizationError: number }} Epoch
 */
/** @typedef {import('../src/types.ts').Stage} Stage */
/** @typedef {{ name: string, weights: string, epochs: readonly Epoch[] }} MethodRun */
/** @typedef {{ omega0: number, epochs: readonly Epoch[] }} Omega0Run */
/**
 * The results that ablation.mjs stores.
 *
 * @typedef {{
 *   machine: string,
 *   twin: { stages: Record<1, { epochs: number }>, testAccuracy: number },
 *   config: {
 *     architecture: string, batchSize: number, seed: number, omega0: number,
 *     stages: Record<1 | 2, { epochs: number, learningRate: number }>,
 *   },
 *   methods: readonly MethodRun[],
 *   sweep: readonly Omega0Run[],
 * }} Results
 */

/**
 * Writes docs/ablation.md and its figures from the results of ablation.mjs.
 *
 * @param {Results} results
 */
export async function writeAblation(results) {
  const { renderSvg } = await importSource('trainer/src/analysis/index.ts');
  /**
   * @param {string} name
   * @param {object} option of ECharts
   */
  const draw = async (name, option) => {
    writeFileSync(`${FIGURES}/${name}.svg`, `${(await renderSvg(name, option, SIZE)).trimEnd()}\n`);
  };
  await draw('ablation-methods', curves('Test accuracy', results.methods));
  await draw('ablation-omega0', omega0Chart(results.sweep));
  writeFileSync(PAGE, page(results));
}

/**
 * @param {string} title
 * @param {readonly MethodRun[]} runs
 */
function curves(title, runs) {
  const labels = runs[0].epochs.map(({ stage, epoch }) => `${stage}.${epoch + 1}`);
  return {
    title: { text: title, left: 'center', textStyle: { fontSize: 14 } },
    legend: { bottom: 0 },
    grid: { left: 64, right: 24, top: 44, bottom: 70 },
    xAxis: { type: 'category', data: labels, name: 'stage.epoch', nameLocation: 'middle', nameGap: 24 },
    yAxis: { type: 'value', name: '%', scale: true },
    series: runs.map(({ name, epochs }) => ({
      name,
      type: 'line',
      data: epochs.map(({ testAccuracy }) => 100 * testAccuracy),
    })),
  };
}

/** @param {readonly Omega0Run[]} sweep */
function omega0Chart(sweep) {
  /**
   * @param {string} name
   * @param {Stage} stage
   * @param {number} yAxisIndex
   * @param {(epoch: Epoch) => number} value
   */
  const line = (name, stage, yAxisIndex, value) => ({
    name: `${name}, stage ${stage}`,
    type: 'line',
    yAxisIndex,
    lineStyle: { type: stage === '1' ? 'dashed' : 'solid' },
    data: sweep.map(({ epochs }) => value(lastOf(epochs, stage))),
  });
  /** @param {Epoch} epoch */
  const accuracy = ({ testAccuracy }) => 100 * testAccuracy;
  /** @param {Epoch} epoch */
  const error = ({ quantizationError }) => quantizationError;
  return {
    title: { text: 'omega0 against accuracy and quantization error', left: 'center', textStyle: { fontSize: 14 } },
    legend: { bottom: 0 },
    grid: { left: 64, right: 64, top: 44, bottom: 70 },
    xAxis: {
      type: 'category',
      data: sweep.map(({ omega0 }) => String(omega0)),
      name: 'omega0',
      nameLocation: 'middle',
      nameGap: 24,
    },
    yAxis: [
      { type: 'value', name: '%', scale: true },
      { type: 'value', name: 'QE', scale: true },
    ],
    series: /** @type {const} */ (['1', '2']).flatMap((stage) => [
      line('top-1', stage, 0, accuracy),
      line('QE', stage, 1, error),
    ]),
  };
}

/** @param {Results} results */
function page({ machine, twin, config, methods, sweep }) {
  const { architecture, stages, batchSize, seed, omega0 } = config;
  const methodRows = methods.map(({ name, weights, epochs }) =>
    row([name, `\`${weights}\``, percent(lastOf(epochs, '1')), percent(lastOf(epochs, '2')), percent(best(epochs))]),
  );
  const sweepRows = sweep.map((run) => {
    const [first, second] = [lastOf(run.epochs, '1'), lastOf(run.epochs, '2')];
    /** @param {Epoch} epoch */
    const of = (epoch) => [percent(epoch), epoch.quantizationError.toFixed(4), epoch.b.toFixed(4)];
    return row([String(run.omega0), ...of(first), ...of(second)]);
  });
  return `<!-- Written by trainer/bench/ablation.mjs; do not edit. -->
# Ablation

This page asks the questions of the paper's table 1 and figure 4 with few epochs; \`npm run ablation -- --data CIFAR10_FOLDER\` trains every run anew. The runs differ
only in the quantizer of the weights or in omega0. The network is \`${architecture}\`, on all of CIFAR-10 (crop and flip). Every run starts from the same network with real weights
and activations (\`warmStart\`; ${twin.stages[1].epochs} epochs, ${percent(twin)}) and has ${stages[1].epochs} + ${stages[2].epochs} epochs of batch ${batchSize}, learning rates that fall linearly from ${stages[1].learningRate} and
${stages[2].learningRate} in the two stages, no weight decay, no regulariser, seed ${seed}, activations as in the authors' code. Run on ${machine}.

One seed and few epochs: a difference below about 1 point says nothing (one standard deviation of an accuracy on 10,000 images is 0.4 points), and the learning rates weren't tuned for any method. The
figures show that all of them train here, and what the two stages do; they don't rank them at the paper's scale.

## Weight quantizers (omega0 = ${omega0} for BiPer)

${table(['method', 'config', 'stage 1, top-1', 'stage 2, top-1', 'best of stage 2'], methodRows)}

In stage 1 BiPer's weights are the sine itself, and those of \`sign-two-stage\` are real, as in the paper's table 1; the other quantizers are binary in both stages.

![Test accuracy by epoch](figures/ablation-methods.svg)

## omega0

With SGD, and without weight decay and regulariser, omega0 is a learning rate of the binary layers: for the phase p = omega0 w a step of w by -r dL/dw is a step of p by -r omega0^2 dL/dp, and the
network knows p alone. The sweep leaves the rate as it is, so that the binary layers learn ${ratio(sweep)} times as slowly at the smallest omega0 as at the largest.

QE is equation 15, b the mean of abs(w), both averaged over the binary layers, at the end of each stage.

${table(['omega0', 'stage 1, top-1', 'QE', 'b', 'stage 2, top-1', 'QE', 'b'], sweepRows)}

![omega0 against accuracy and quantization error](figures/ablation-omega0.svg)
`;
}

/**
 * @param {readonly Epoch[]} epochs
 * @param {Stage} stage
 */
const lastOf = (epochs, stage) => /** @type {Epoch} */ (epochs.findLast((it) => it.stage === stage));
/** @param {readonly Epoch[]} epochs */
const best = (epochs) =>
  epochs.filter(({ stage }) => stage === '2').reduce((a, b) => (b.testAccuracy > a.testAccuracy ? b : a));
/** @param {Pick<Epoch, 'testAccuracy'>} epoch */
const percent = ({ testAccuracy }) => `${(100 * testAccuracy).toFixed(2)} %`;
/** @param {readonly Omega0Run[]} sweep */
const ratio = (sweep) => ((sweep.at(-1)?.omega0 ?? 1) / (sweep[0]?.omega0 ?? 1)) ** 2;
/** @param {readonly string[]} cells */
const row = (cells) => `| ${cells.join(' | ')} |`;
/**
 * @param {readonly string[]} head
 * @param {readonly string[]} rows
 */
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows].join('\n');
