// Times networks of larq's zoo in signwave and other engines: installs these, bundles and runs bench/src/larq.ts. `node bench/scripts/larq.mjs
// --help` prints the options, which bench/larq-options.mjs defines.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundleForNode } from '../../scripts/modules/bundle-for-node.mjs';
import { LARQ_USAGE, readLarqOptions } from '../larq-options.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const OUTPUT = 'build/bench';

const read = readLarqOptions(process.argv.slice(2));
if ('help' in read) {
  console.log(LARQ_USAGE);
  process.exit(0);
}
if ('problem' in read) {
  console.error(`${read.problem}\nnode bench/scripts/larq.mjs --help lists the options`);
  process.exit(2);
}
for (const args of [['scripts/setup.mjs'], ['scripts/build.mjs', '--only', 'wasm,cli'], ['bench/scripts/install.mjs']])
  if (runNode(args) !== 0) process.exit(1);
await bundleForNode(['bench/src/larq.ts', 'bench/src/start-once.ts'], {
  outdir: OUTPUT,
  external: ['onnxruntime-*', '@tensorflow/*', 'echarts'],
});
const status = runNode([`${OUTPUT}/larq.mjs`, ...process.argv.slice(2)]);
// Also where some networks failed: the tables say which.
if (read.options.write && status !== 2) runNode(['scripts/documents/write-larq.mjs']);
process.exit(status);

/** @param {string[]} args */
function runNode(args) {
  return spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
}
