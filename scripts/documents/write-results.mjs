// Measures and writes all figures of README.md and docs/performance.md: the accuracy of the example model goes into bench/results.json,
// then `npm run bench -- --peers all --write` does the rest. Needs CIFAR-10's test set and an otherwise idle machine.
//
//   node scripts/documents/write-results.mjs CIFAR10_FOLDER [options of scripts/bench.mjs]
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [cifar10, ...options] = process.argv.slice(2);
if (cifar10 === undefined) {
  console.error('which folder has CIFAR-10 in its binary format?');
  process.exit(2);
}
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const MODEL = 'build/example.sgnw';
const RESULTS = 'bench/results.json';
node('scripts/setup.mjs');
node('scripts/build.mjs', '--only', 'wasm,cli');
mkdirSync('build', { recursive: true });
signwave('convert', 'examples/signwave-cifar10-resnet20.safetensors', '-o', MODEL);
const { confusion, msPerImage, classNames, available, sample, undecodable, ...evaluation } = json(
  'eval',
  MODEL,
  `cifar10:${cifar10}`,
);
const { fileBytes, float32Bytes } = json('inspect', MODEL);
const { bench } = JSON.parse(readFileSync(RESULTS, 'utf8'));
const results = { evaluation, inspection: { fileBytes, float32Bytes }, bench };
writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(node('scripts/bench.mjs', '--peers', 'all', '--write', ...options));

/** @param {...string} args */
function json(...args) {
  return JSON.parse(signwave(...args, '--json'));
}

/** @param {...string} args */
function signwave(...args) {
  return node('cli/dist/signwave.mjs', ...args);
}

/** @param {...string} args */
function node(...args) {
  const { status, stdout } = spawnSync(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}
