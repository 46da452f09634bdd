// Measure the example model and write what README.md says about it: bench/results.json and the part between the markers.
// Needs CIFAR-10's test set, and an otherwise idle machine.
//
//   node scripts/write-results.mjs CIFAR10_FOLDER
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withResults } from './results-table.mjs';

const [cifar10] = process.argv.slice(2);
if (cifar10 === undefined) {
  console.error('which folder has CIFAR-10 in its binary format?');
  process.exit(2);
}
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const MODEL = 'build/example.sgnw';
node('scripts/build.mjs', '--only', 'wasm,cli');
node('bench/scripts/install.mjs');
signwave('convert', 'examples/biper-resnet20-cifar10.pth', '-o', MODEL);
const { confusion, msPerImage, classNames, ...evaluation } = json('eval', MODEL, `cifar10:${cifar10}`);
const { fileBytes, float32Bytes } = json('inspect', MODEL);
const { machine, timings, macs } = json('bench', MODEL, '--peers', '--rounds', '31');
const results = { evaluation, inspection: { fileBytes, float32Bytes }, bench: { machine, macs, timings } };
writeFileSync('bench/results.json', `${JSON.stringify(results, null, 2)}\n`);
writeFileSync('README.md', withResults(readFileSync('README.md', 'utf8'), results));

function json(...args) {
  return JSON.parse(signwave(...args, '--json'));
}

function signwave(...args) {
  return node('cli/dist/signwave.mjs', ...args);
}

function node(...args) {
  const { status, stdout } = spawnSync(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}
