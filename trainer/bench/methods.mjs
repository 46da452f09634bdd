// Measures a training step of each method as a multiple of BiPer's: ResNet-20 (32 x 32 x 3), each method with its own network, optimizer
// and loss, in the middle of its run. Steps of the method and of BiPer take turns in one process.
//
//   npm run bench:methods [-- --backend tensorflow] [--batch 64] [--steps 9] [--methods rbnn,fda]
//
// Without --methods, trainer/bench/method-steps.json is written.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { importSource } from '../../scripts/modules/import-source.mjs';
import { bundle } from './bundle.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const BUNDLE = 'build/bench-methods.mjs';
const RESULTS = 'trainer/bench/method-steps.json';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'tensorflow' },
    batch: { type: 'string', default: '64' },
    steps: { type: 'string', default: '9' },
    methods: { type: 'string' },
  },
});
await bundle('trainer/bench/measure-methods.mjs', BUNDLE);
const { WEIGHT_QUANTIZER_NAMES } = await importSource('trainer/src/methods/index.ts');
const methods = values.methods ? values.methods.split(',') : WEIGHT_QUANTIZER_NAMES;
const machine = `${cpus().length} x ${cpus()[0]?.model}, Node ${process.versions.node}`;
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
console.log(`ResNet-20, batch ${values.batch}, ${values.backend}; ${machine}, commit ${commit}`);

/** @type {{ method: string, ratio: number, ms: number, biperMs: number, teacherShare?: number }[]} */
const results = [];
for (const method of methods) {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [BUNDLE, values.backend, values.batch, values.steps, method],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${method}: ${stderr}`);
  const [{ ms, biperMs, teacherMs }] = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  const ratio = ms / biperMs;
  const teacherShare = teacherMs === undefined ? undefined : teacherMs / biperMs;
  results.push({ method, ratio, ms, biperMs, ...(teacherShare !== undefined && { teacherShare }) });
  const without = teacherShare === undefined ? '' : `, of which the teacher ${teacherShare.toFixed(2)} x`;
  console.log(`${method.padEnd(16)} ${ratio.toFixed(2)} x BiPer's ${biperMs.toFixed(0)} ms${without}`);
}
if (!values.methods) {
  const about = { machine, backend: values.backend, batch: Number(values.batch), steps: Number(values.steps) };
  writeFileSync(RESULTS, `${JSON.stringify({ ...about, results }, undefined, 2)}\n`);
}
