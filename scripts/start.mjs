// `npm start`: takes a fresh clone to packed, checked and timed models. It installs, builds, then runs the real command line and shows each
// command before its output. First it trains and packs a small network, then it packs the example checkpoint of ResNet-20. Everything also
// goes into one HTML page.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nextStepsText } from './modules/next-steps.mjs';
import { writeStartReport } from './modules/start-report.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const REPORT = 'build/report.html';
/** How many lines of a long output are shown from its start and from its end. */
const HEAD_LINES = 12;
const TAIL_LINES = 5;

const DEMO = {
  config: 'trainer/configs/fashion-mnist-demo.json',
  data: 'fashion-mnist:examples/fashion-mnist',
  folder: 'build/demo',
  checkpoint: 'build/demo/best.safetensors',
  model: 'build/demo.sgnw',
};
const EXAMPLE = {
  checkpoint: 'examples/biper-resnet20-cifar10.pth',
  images: 'examples/images',
  labels: 'examples/labels.txt',
  model: 'build/example.sgnw',
};

const startMs = performance.now();
/**
 * Everything that was done so far, for the page.
 *
 * @type {import('./modules/start-report.mjs').Step[]}
 */
const steps = [];

await runNode(['scripts/setup.mjs']);
await runNode(['scripts/build.mjs', '--only', 'wasm,cli']);
mkdirSync('build', { recursive: true });
rmSync(DEMO.folder, { recursive: true, force: true });

title('Trained: a small network on Fashion-MNIST, in two stages');
const trainingStartMs = performance.now();
await signwave(['train', DEMO.config, '--output', DEMO.folder]);
const trainingSeconds = (performance.now() - trainingStartMs) / 1000;

title('Packed: one bit for each binary weight');
await signwave(['convert', DEMO.checkpoint, '-o', DEMO.model]);

title('Checked: every bit of every binary layer, and against the checkpoint');
await signwave(['verify', DEMO.model, '--checkpoint', DEMO.checkpoint, '--images', DEMO.data, '--limit', '10']);

title('How often it is right');
await signwave(['eval', DEMO.model, DEMO.data, '--report', 'build/demo-evaluation.html']);

title('How fast it is');
await signwave(['bench', DEMO.model]);

title('A ResNet-20 for CIFAR-10, trained with PyTorch by the code of the paper');
await signwaveShortened(['inspect', EXAMPLE.checkpoint]);
await signwave(['convert', EXAMPLE.checkpoint, '--labels', EXAMPLE.labels, '-o', EXAMPLE.model]);

title('What each layer takes');
await signwave(['inspect', EXAMPLE.model]);

title('Checked in the same way');
await signwave([
  'verify',
  EXAMPLE.model,
  '--checkpoint',
  EXAMPLE.checkpoint,
  '--images',
  EXAMPLE.images,
  '--limit',
  '10',
]);

title('One image of each class');
const samples = readdirSync(EXAMPLE.images)
  .sort()
  .map((name) => {
    const folder = `${EXAMPLE.images}/${name}`;
    return `${folder}/${readdirSync(folder).sort()[0]}`;
  });
await signwave(['run', EXAMPLE.model, ...samples, '--top', '3']);

title('How often it is right');
await signwave(['eval', EXAMPLE.model, EXAMPLE.images, '--report', 'build/example-evaluation.html']);

title('How fast it is');
await signwave(['bench', EXAMPLE.model]);

title('Report');
writeStartReport(REPORT, steps, [
  { name: 'Training of the small network', html: readFileSync(`${DEMO.folder}/report.html`, 'utf8') },
  { name: 'The small network, packed', html: readFileSync('build/demo-evaluation.html', 'utf8') },
  { name: 'ResNet-20, packed', html: readFileSync('build/example-evaluation.html', 'utf8') },
]);
console.log(`trained    ${DEMO.checkpoint} in ${trainingSeconds.toFixed(0)} s
became     ${DEMO.model}: ${sizes(DEMO)}
and        ${EXAMPLE.checkpoint}
became     ${EXAMPLE.model}: ${sizes(EXAMPLE)}
checked    bits and outputs equal the reference's, with SIMD kernels and without
report     ${REPORT}: everything above, training curves and confusion matrices
also here  cli/dist/signwave.mjs, the command line in one file: "npx signwave" in this folder
took       ${((performance.now() - startMs) / 1000).toFixed(0)} s

Next, in this folder:
${nextStepsText({ model: EXAMPLE.model, image: samples[0], checkpoint: EXAMPLE.checkpoint, config: DEMO.config })}`);

/** @param {string} text */
function title(text) {
  console.log(`\n== ${text}`);
  steps.push({ title: text });
}

/**
 * Runs the command line and shows all its output as it comes.
 *
 * @param {string[]} args
 */
async function signwave(args) {
  const command = announce(args);
  steps.push({
    command,
    output: await runNode(['cli/dist/signwave.mjs', ...args], (text) => process.stdout.write(text)),
  });
}

/**
 * Runs the command line and shows only the start and the end of a long output.
 *
 * @param {string[]} args
 */
async function signwaveShortened(args) {
  const command = announce(args);
  const lines = (await runNode(['cli/dist/signwave.mjs', ...args], () => {})).trimEnd().split('\n');
  const left = lines.length - HEAD_LINES - TAIL_LINES;
  if (left > 0) lines.splice(HEAD_LINES, left, `... ${left} lines more`);
  const output = `${lines.join('\n')}\n`;
  process.stdout.write(output);
  steps.push({ command, output });
}

/** @param {string[]} args */
function announce(args) {
  const command = `signwave ${args.join(' ')}`;
  console.log(`$ ${command}`);
  return command;
}

/**
 * Runs a script of this repository; if it fails, this process ends.
 *
 * @param {string[]} args
 * @param {(text: string) => void} [show] gets the script's standard output as it comes; default: the terminal gets it
 * @returns the script's standard output, if `show` was given
 */
async function runNode(args, show) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', show ? 'pipe' : 'inherit', 'inherit'] });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    output += text;
    show?.(text);
  });
  const [status, signal] = await new Promise((resolve) => child.on('close', (...how) => resolve(how)));
  if (status === 0) return output;
  console.error(`node ${args.join(' ')} ended with ${signal ?? `status ${status}`}`);
  process.exit(1);
}

/** @param {{ checkpoint: string, model: string }} paths */
function sizes({ checkpoint, model }) {
  const [before, after] = [checkpoint, model].map((path) => statSync(path).size);
  return `${grouped(after)} bytes, ${(before / after).toFixed(1)} times smaller than ${grouped(before)}`;
}

/** @param {number} value */
function grouped(value) {
  return value.toLocaleString('en-US');
}
