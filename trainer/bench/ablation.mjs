// Answers the questions of the paper's table 1 and figure 4 at small scale: what BiPer's wave gains over other weight quantizers, and how
// much omega0 matters.
//
//   npm run ablation -- --data CIFAR10_FOLDER      trains what isn't trained yet (build/ablation), then writes docs/ablation.md
//
// All runs have the same network, images, epochs, learning rates and seed; only the quantizer of the weights or omega0 differs. An
// interrupted run continues where it stopped.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeAblation } from './ablation-document.mjs';
import { FINE_TUNING } from './search-runs.mjs';
import { trainOnce } from './train-once.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const FOLDER = 'build/ablation';
const RESULTS = 'trainer/bench/ablation-results.json';

/** The same network with real weights and activations, which all runs start from. */
const TWIN = {
  architecture: 'resnet20_float',
  network: { nonlinearity: 'hardtanh' },
  stages: { 1: { ...FINE_TUNING, epochs: 12, learningRate: 0.1, weightDecay: 5e-4, nesterov: true, warmUpEpochs: 1 } },
};

/** Settings that all runs share: the recipe that docs/runs/search found, in few epochs. */
const COMMON = {
  architecture: 'resnet20_1w1a',
  recipe: 'code',
  stages: {
    1: { ...FINE_TUNING, epochs: 2, learningRate: 0.01, statisticsImages: 1000 },
    2: { ...FINE_TUNING, epochs: 3, learningRate: 0.01, statisticsImages: 1000 },
  },
};
/** Of all runs and their twin. */
const BATCHES = { batchSize: 128, seed: 0, metricsEverySteps: 1000 };
const OMEGA0 = 20;

const METHODS = [
  { name: 'BiPer', weights: 'biper' },
  { name: 'sign in place of the wave', weights: 'sign-two-stage' },
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

const data = { format: 'cifar10', folder: cifar10 };
const twin = `${FOLDER}/twin`;
const twinConfig = { ...TWIN, ...BATCHES, data, output: twin };
const twinEpochs = await trainOnce(twin, twinConfig, backend);
if (!twinEpochs) process.exit(1);
const methods = [];
for (const { name, weights } of METHODS) {
  methods.push({ name, weights, epochs: await train(weights, weights, OMEGA0) });
}
const sweep = [];
for (const omega0 of OTHER_OMEGA0) {
  sweep.push({ omega0, epochs: await train(`omega0-${omega0}`, 'biper', omega0) });
}
sweep.push({ omega0: OMEGA0, epochs: methods[0].epochs });
sweep.sort((a, b) => a.omega0 - b.omega0);
const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}`;
const results = {
  machine,
  twin: { ...TWIN, testAccuracy: twinEpochs.at(-1)?.testAccuracy ?? 0 },
  config: { ...COMMON, ...BATCHES, omega0: OMEGA0 },
  methods,
  sweep,
};
writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
await writeAblation(results);

/**
 * @param {string} name
 * @param {string} weights
 * @param {number} omega0
 * @returns {Promise<import('./ablation-document.mjs').Epoch[]>}
 */
async function train(name, weights, omega0) {
  const output = `${FOLDER}/${name}`;
  const warmStart = { checkpoint: `${twin}/best.safetensors` };
  const quantizers = { weights, activations: 'per-sample' };
  const config = { ...COMMON, ...BATCHES, omega0, quantizers, warmStart, data, output };
  const epochs = await trainOnce(output, config, backend);
  if (!epochs) process.exit(1);
  /**
   * @param {readonly import('../src/run/metrics.ts').LayerMetrics[]} layers
   * @param {'b' | 'quantizationError'} field
   */
  const meanOf = (layers, field) => layers.reduce((sum, layer) => sum + layer[field], 0) / layers.length;
  return epochs.map(({ stage, epoch, testAccuracy, trainAccuracy, layers }) => ({
    stage,
    epoch,
    testAccuracy,
    trainAccuracy,
    b: meanOf(layers, 'b'),
    quantizationError: meanOf(layers, 'quantizationError'),
  }));
}
