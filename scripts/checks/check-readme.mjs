// Runs what README.md tells people to run: its `sh` blocks in order, then each of its `js` blocks and the `ts` blocks of runtime/README.md,
// except those that only work in pages (page/test/browsers/examples.test.mjs runs these). Real files get the names that the blocks use.
// They are left behind, so run this in a separate clone.
//
//   node scripts/checks/check-readme.mjs CIFAR10_FOLDER
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const cifar10 = resolve(process.argv[2] ?? '');
// Checked before anything is written, because this may have been started in the wrong clone.
if (!existsSync(join(cifar10, 'test_batch.bin'))) {
  console.error(`${cifar10} has no test_batch.bin; which folder has CIFAR-10 in its binary format?`);
  process.exit(2);
}
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/** Which file stands for each of the user's files that README.md names. */
const FILES = {
  'checkpoint.pth.tar': 'examples/biper-resnet20-cifar10.pth',
  'config.txt': 'examples/config.txt',
  'labels.txt': 'examples/labels.txt',
  'photo.png': 'test/cases/images/photo-64x48.png',
};
/** Commands that .ci/run runs in steps of their own, or that run this script. */
const RUN_ELSEWHERE = /^(npm (start|test)|npm run (check|bench)|bash \.ci\/run)\b/;
/** Declarations that the programs expect: an image, a canvas, and the engine's WebAssembly. */
const SURROUNDINGS = `
const rgbBytes = new Uint8Array(32 * 32 * 3);
const context = { getImageData: (x, y, width, height) => ({ width, height, data: new Uint8ClampedArray(width * height * 4) }) };
const [simd, scalar, threads] = ['simd', 'scalar', 'threads'].map((name) => import.meta.resolve(\`@signwave/runtime/wasm/\${name}.wasm\`));
`;

/**
 * @param {string} path
 * @param {string} language
 */
const blocksOf = (path, language) => {
  const blocks = [...readFileSync(path, 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  return blocks.filter(([, it]) => it === language).map(([, , code]) => code);
};
/** @param {string} code */
const isForPages = (code) => code.includes('createWorkerModel');

for (const [name, source] of Object.entries(FILES)) copyFileSync(source, name);
runCommands(blocksOf('README.md', 'sh').join('\n'));
copyFileSync('runtime/dist/index.js', 'signwave-runtime.js');
[...blocksOf('README.md', 'js'), ...blocksOf('runtime/README.md', 'ts').filter((it) => !isForPages(it))].forEach(
  runProgram,
);

/** @param {string} text */
function runCommands(text) {
  const lines = text.replaceAll('cifar10:DIR', `cifar10:${cifar10}`).split('\n');
  const commands = lines.filter((line) => !RUN_ELSEWHERE.test(line));
  // Scripts have to ask for aliases; -v shows each command before its output.
  run('bash', ['-c', ['set -eu', 'shopt -s expand_aliases', 'set -v', ...commands].join('\n')]);
}

/**
 * @param {string} code
 * @param {number} index
 */
function runProgram(code, index) {
  const path = `readme-${index + 1}.mjs`;
  writeFileSync(path, SURROUNDINGS + code);
  console.log(`node ${path}`);
  run(process.execPath, [path]);
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    console.error(
      `${command} ended with status ${status}: README.md or runtime/README.md says something that doesn't work`,
    );
    process.exit(1);
  }
}
