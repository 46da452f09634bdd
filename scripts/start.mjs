// `npm start`: from a fresh clone to a packed, checked and timed model. Installs, builds, then runs the real command line
// on the example checkpoint, showing each command before its output.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const CHECKPOINT = 'examples/biper-resnet20-cifar10.pth';
const IMAGES = 'examples/images';
const MODEL = 'build/example.sgnw';
const REPORT = 'build/example-report.html';
/** Lines of a long output that are shown at its start and at its end. */
const HEAD_LINES = 12;
const TAIL_LINES = 5;

const startMs = performance.now();
runNode(['scripts/setup.mjs']);
runNode(['scripts/build.mjs', '--only', 'wasm,cli']);
mkdirSync('build', { recursive: true });

title('The checkpoint, as PyTorch wrote it');
signwaveShortened(['inspect', CHECKPOINT]);

title('Packed: one bit for each binary weight');
signwave(['convert', CHECKPOINT, '--labels', 'examples/labels.txt', '-o', MODEL]);

title('What each layer takes');
signwave(['inspect', MODEL]);

title('Checked: every bit of every binary layer, and against the checkpoint');
signwave(['verify', MODEL, '--checkpoint', CHECKPOINT, '--images', IMAGES, '--limit', '10']);

title('One image of each class');
const samples = readdirSync(IMAGES).map((name) => `${IMAGES}/${name}/${readdirSync(`${IMAGES}/${name}`)[0]}`);
signwave(['run', MODEL, ...samples, '--top', '3']);

title('How often it is right');
signwave(['eval', MODEL, IMAGES, '--report', REPORT]);

title('How fast it is');
signwave(['bench', MODEL]);

const [before, after] = [CHECKPOINT, MODEL].map((path) => statSync(path).size);
title('Report');
console.log(`was        ${CHECKPOINT}: ${grouped(before)} bytes, a float32 for each weight
became     ${MODEL}: ${grouped(after)} bytes, ${(before / after).toFixed(1)} times smaller
checked    bits and outputs equal the reference's, with SIMD kernels and without
also here  ${REPORT}, the confusion matrix
           cli/dist/signwave.mjs, the command line in one file: "npx signwave" in this folder
took       ${((performance.now() - startMs) / 1000).toFixed(0)} s

Next:
  npx signwave run ${MODEL} YOUR-PICTURE.png    classify a picture of yours
  npx signwave convert YOUR.pth -o YOUR.sgnw              pack a checkpoint of yours
  npm run bench                                           layer by layer, beside ONNX Runtime Web
  npm test                                                what CI runs, in part`);

function title(text) {
  console.log(`\n== ${text}`);
}

/** Run the command line, its output shown in full. */
function signwave(args) {
  announce(args);
  runNode(['cli/dist/signwave.mjs', ...args]);
}

/** Run the command line, of a long output only the beginning and the end shown. */
function signwaveShortened(args) {
  announce(args);
  const { stdout, status } = spawnSync(process.execPath, ['cli/dist/signwave.mjs', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) fail(args, `status ${status}`);
  const lines = stdout.trimEnd().split('\n');
  const left = lines.length - HEAD_LINES - TAIL_LINES;
  if (left > 0) lines.splice(HEAD_LINES, left, `... ${left} lines more`);
  console.log(lines.join('\n'));
}

function announce(args) {
  console.log(`$ signwave ${args.join(' ')}`);
}

function runNode(args) {
  const { status, signal } = spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) fail(args, signal ?? `status ${status}`);
}

function fail(args, how) {
  console.error(`node ${args.join(' ')} ended with ${how}`);
  process.exit(1);
}

function grouped(value) {
  return value.toLocaleString('en-US');
}
