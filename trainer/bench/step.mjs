// Measures images per second of a training step of ResNet-20 (BiPer, stage 2, 32 x 32 x 3) on each back end of this machine.
//
//   node trainer/bench/step.mjs [--backends tensorflow,wasm,wasm-stock] [--batch 128] [--steps 10] [--peers]
//
// `wasm-stock` is tfjs's wasm back end without the trainer's kernels. Each back end runs in a process of its own. Before it is timed, its
// loss of a small batch in stage 1 must equal that of the back end `cpu`. --peers also times the same step in PyTorch, in an environment of
// its own in the user's cache folder, which the first call creates (about 3 GB).
import { execFileSync, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.mjs';
import { pytorchPython } from './pytorch.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const BUNDLE = 'build/bench-train-step.mjs';
const TENSORS = 'build/bench-train-tensors.json';
const LOSS_TOLERANCE = 1e-4;

const { values } = parseArgs({
  options: {
    backends: { type: 'string', default: 'tensorflow,webgpu,wasm' },
    batch: { type: 'string', default: '128' },
    steps: { type: 'string', default: '10' },
    peers: { type: 'boolean', default: false },
  },
});
await bundle('trainer/bench/measure-step.mjs', BUNDLE);

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
console.log(
  `ResNet-20, batch ${values.batch}, ${values.steps} steps; ${cpus().length} x ${cpus()[0]?.model}, Node ${process.versions.node}, commit ${commit}`,
);
console.log('back end    images/s (median)   slowest   fastest   ms/step   device');
const { loss: expected } = measure([BUNDLE, 'cpu', values.batch, '0', TENSORS]);
/** Median images per second, by name. */
const rates = new Map();
for (const name of values.backends.split(',')) print(name, measure([BUNDLE, name, values.batch, values.steps]));
if (values.peers) {
  print('pytorch', measure(['trainer/bench/pytorch_step.py', TENSORS, values.batch, values.steps], pytorchPython()));
}
for (const [name, rate] of rates) {
  const others = [...rates]
    .filter(([other]) => other !== name)
    .map(([other, its]) => `${(rate / its).toFixed(2)} x ${other}`);
  if (others.length > 0) console.log(`${name}: ${others.join(', ')}`);
}

/**
 * The output of measure-step.mjs or pytorch_step.py.
 *
 * @typedef {{ loss: number, ms: number[], device: string, error?: string }} Measured
 */

/**
 * @param {string} name
 * @param {Measured} measured
 */
function print(name, { loss, ms, device, error }) {
  if (error) {
    console.log(`${name.padEnd(12)}-   ${error}`);
  } else if (!(Math.abs(loss - expected) <= LOSS_TOLERANCE * Math.abs(expected))) {
    console.log(`${name.padEnd(12)}-   its loss is ${loss}, that of cpu is ${expected}: nothing was timed`);
    process.exitCode = 1;
  } else {
    /** @param {number} time */
    const imagesPerSecond = (time) => (1000 * Number(values.batch)) / time;
    /** @param {number} time */
    const column = (time) => imagesPerSecond(time).toFixed(1).padStart(9);
    const median = ms[ms.length >> 1];
    rates.set(name, imagesPerSecond(median));
    console.log(
      `${name.padEnd(12)}${column(median)}          ${column(ms[ms.length - 1])} ${column(ms[0])} ${median.toFixed(0).padStart(9)}   ${device}`,
    );
  }
}

/**
 * @param {string[]} args
 * @returns {Measured}
 */
function measure(args, program = process.execPath) {
  const { stdout, status, signal } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const line = stdout?.trim().split('\n').at(-1);
  return JSON.parse(line || JSON.stringify({ error: `its process ended with ${signal ?? status}` }));
}
