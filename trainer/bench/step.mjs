// Images per second of a training step of ResNet-20 (BiPer, stage 2, 32 x 32 x 3) on each back end of this machine.
//
//   node trainer/bench/step.mjs [--backends tensorflow,wasm] [--batch 128] [--steps 10]
//
// Each back end has a process of its own. Before it is timed, the loss of a small batch in stage 1 must equal that of cpu.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const BUNDLE = 'build/bench-train-step.mjs';
const LOSS_TOLERANCE = 1e-4;

const { values } = parseArgs({
  options: {
    backends: { type: 'string', default: 'tensorflow,webgpu,wasm' },
    batch: { type: 'string', default: '128' },
    steps: { type: 'string', default: '10' },
  },
});
await build({
  entryPoints: ['trainer/bench/measure-step.mjs'],
  outfile: BUNDLE,
  bundle: true,
  platform: 'node',
  format: 'esm',
  conditions: ['signwave:source'],
  packages: 'external',
  alias: { '@signwave/format': './format/src/index.ts' },
  logLevel: 'warning',
});

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
console.log(
  `ResNet-20, batch ${values.batch}, ${values.steps} steps; ${cpus().length} x ${cpus()[0]?.model}, Node ${process.versions.node}, commit ${commit}`,
);
console.log('back end    images/s (median)   slowest   fastest   ms/step   device');
const { loss: expected } = measure('cpu', 0);
for (const name of values.backends.split(',')) {
  const { loss, ms, device, error } = measure(name, values.steps);
  if (error) {
    console.log(`${name.padEnd(12)}-   ${error}`);
  } else if (!(Math.abs(loss - expected) <= LOSS_TOLERANCE * Math.abs(expected))) {
    console.log(`${name.padEnd(12)}-   its loss is ${loss}, that of cpu is ${expected}: nothing was timed`);
    process.exitCode = 1;
  } else {
    const rate = (time) => ((1000 * Number(values.batch)) / time).toFixed(1).padStart(9);
    const median = ms[ms.length >> 1];
    console.log(
      `${name.padEnd(12)}${rate(median)}          ${rate(ms.at(-1))} ${rate(ms[0])} ${median.toFixed(0).padStart(9)}   ${device}`,
    );
  }
}

/** @returns what measure-step.mjs prints. */
function measure(name, steps) {
  const { stdout, status, signal } = spawnSync(process.execPath, [BUNDLE, name, values.batch, String(steps)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const line = stdout.trim().split('\n').at(-1);
  return line ? JSON.parse(line) : { error: `its process ended with ${signal ?? status}` };
}
