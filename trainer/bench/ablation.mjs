// Answers the questions of the paper's table 1 and figure 4 at small scale: what BiPer's wave gains over other weight quantizers, and how
// much omega0 matters.
//
//   npm run ablation -- --data CIFAR10_FOLDER      trains what isn't trained yet (build/ablation), then writes docs/ablation.md
//
// All runs have the same network, images, epochs, learning rates and seed; only the quantizer of the weights or omega0 differs. An
// interrupted run continues where it stopped.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeAblation } from './ablation-document.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const FOLDER = 'build/ablation';
const RESULTS = 'trainer/bench/ablation-results.json';

/** Settings that all runs share. */
const COMMON = {
  architecture: 'demo_1w1a',
  recipe: 'code',
  stages: {
    1: { epochs: 3, learningRate: 0.1, weightDecay: 0, tau: 0, warmUpEpochs: 0 },
    2: { epochs: 2, firstEpoch: 0, learningRate: 0.05, weightDecay: 0, tau: 0, warmUpEpochs: 0 },
  },
  batchSize: 64,
  seed: 0,
  metricsEverySteps: 1000,
};
const IMAGES = { trainImages: 10_000, testImages: 5_000 };
/** How the document describes the choice of images. Results without it were measured on the first images. */
const SAMPLE = 'evenly chosen';
const OMEGA0 = 20;

const METHODS = [
  { name: 'BiPer', weights: 'biper' },
  { name: 'sign in both stages', weights: 'bnn' },
  { name: 'Bi-Real Net', weights: 'bi-real' },
  { name: 'IR-Net', weights: 'ir-net' },
  { name: 'ReCU', weights: 'recu' },
];
const OTHER_OMEGA0 = [2, 5, 10, 30, 60];

const {
  values: { data: folder, backend },
} = parseArgs({ options: { data: { type: 'string' }, backend: { type: 'string' } } });
if (folder === undefined) {
  console.error('--data must name the folder of CIFAR-10 (binary version)');
  process.exit(2);
}
const cifar10 = folder;

mkdirSync(FOLDER, { recursive: true });
const methods = METHODS.map(({ name, weights }) => ({ name, weights, ...train(weights, weights, OMEGA0) }));
const sweep = OTHER_OMEGA0.map((omega0) => ({ omega0, ...train(`omega0-${omega0}`, 'biper', omega0) }));
sweep.push({ omega0: OMEGA0, epochs: methods[0].epochs });
sweep.sort((a, b) => a.omega0 - b.omega0);
const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}`;
const results = {
  machine,
  config: { ...COMMON, omega0: OMEGA0, data: { format: 'cifar10', ...IMAGES, sample: SAMPLE } },
  methods,
  sweep,
};
writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
await writeAblation(results);

/**
 * @param {string} name
 * @param {string} weights
 * @param {number} omega0
 * @returns {{ epochs: import('./ablation-document.mjs').Epoch[] }}
 */
function train(name, weights, omega0) {
  const output = `${FOLDER}/${name}`;
  const path = `${FOLDER}/${name}.json`;
  const data = { format: 'cifar10', folder: cifar10, ...IMAGES };
  const quantizers = { weights, activations: 'per-sample' };
  writeFileSync(path, JSON.stringify({ ...COMMON, omega0, quantizers, data, output }, null, 2));
  if (!existsSync(`${output}/report.html`)) {
    const isStarted = existsSync(`${output}/latest.safetensors`);
    const args = ['train', path, '--data', cifar10, ...(isStarted ? ['--resume'] : [])];
    if (backend) args.push('--backend', backend);
    const { status } = spawnSync(process.execPath, ['cli/dist/signwave.mjs', ...args], { stdio: 'inherit' });
    if (status !== 0) process.exit(1);
  }
  /** @type {import('../src/run/metrics.ts').Metrics[]} */
  const lines = readFileSync(`${output}/metrics.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const epochs = lines.flatMap((it) => (it.kind === 'epoch' ? [it] : []));
  /**
   * @param {readonly import('../src/run/metrics.ts').LayerMetrics[]} layers
   * @param {'b' | 'quantizationError'} field
   */
  const meanOf = (layers, field) => layers.reduce((sum, layer) => sum + layer[field], 0) / layers.length;
  return {
    epochs: epochs.map(({ stage, epoch, testAccuracy, trainAccuracy, layers }) => ({
      stage,
      epoch,
      testAccuracy,
      trainAccuracy,
      b: meanOf(layers, 'b'),
      quantizationError: meanOf(layers, 'quantizationError'),
    })),
  };
}
