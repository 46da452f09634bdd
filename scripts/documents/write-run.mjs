// Publishes a training run: its config, metrics and report in docs/runs, its best checkpoint as an example, and a page with the accuracy of
// the packed model on CIFAR-10's test images.
//
//   node scripts/documents/write-run.mjs RUN_FOLDER CONFIG.json CIFAR10_FOLDER
//
// RUN_FOLDER is the output of `signwave train`; its name is the run's.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [run, config, cifar10] = process.argv.slice(2).map((path) => resolve(path));
if (!cifar10) {
  console.error('usage: node scripts/documents/write-run.mjs RUN_FOLDER CONFIG.json CIFAR10_FOLDER');
  process.exit(2);
}
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const name = basename(run);
const folder = `docs/runs/${name}`;
const checkpoint = `examples/signwave-${name}.safetensors`;
const model = `build/${name}.sgnw`;

mkdirSync(folder, { recursive: true });
const settings = JSON.parse(readFileSync(config, 'utf8'));
const shown = withoutPlaces(settings);
writeFileSync(join(folder, 'config.json'), `${JSON.stringify(shown, null, 2)}\n`);
const original = readFileSync(join(run, 'best.safetensors'));
writeFileSync(checkpoint, publishedCheckpoint(original));
copyFileSync(join(run, 'metrics.jsonl'), join(folder, 'metrics.jsonl'));
writeFileSync(join(folder, 'report.html'), publishedReport(readFileSync(join(run, 'report.html'), 'utf8')));

signwave(['convert', checkpoint, '--labels', 'examples/labels.txt', '-o', model]);
const evaluation = JSON.parse(signwave(['eval', model, `cifar10:${cifar10}`, '--json']));
const verification = JSON.parse(
  signwave(['verify', model, '--checkpoint', checkpoint, '--images', `cifar10:${cifar10}`, '--json']),
);
/** @type {import('../../trainer/src/run/metrics.js').Metrics[]} */
const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
// An epoch that was interrupted and run again appears twice; the last one counts.
const epochs = [
  ...new Map(lines.flatMap((it) => (it.kind === 'epoch' ? [[`${it.stage}.${it.epoch}`, it]] : []))).values(),
];
writeFileSync(join(folder, 'README.md'), page());
console.log(`${folder}, ${checkpoint}: ${evaluation.top1Percent.toFixed(2)} % on ${evaluation.images} images`);

/**
 * Replaces the paths of the data and of the output, which mean nothing to others.
 *
 * @template {{ data: object, output: string }} Config
 * @param {Config} it
 */
function withoutPlaces(it) {
  return { ...it, data: { ...it.data, folder: 'data/cifar-10-batches-bin' }, output: `runs/${name}` };
}

/**
 * Reads the header of a safetensors file, which begins with the header's length in 8 bytes, then the header as JSON.
 *
 * @param {Buffer} bytes
 */
function headerOf(bytes) {
  const end = 8 + Number(bytes.readBigUInt64LE());
  return { header: JSON.parse(bytes.subarray(8, end).toString()), tensors: bytes.subarray(end) };
}

/** @param {Buffer} bytes */
function publishedCheckpoint(bytes) {
  const { header, tensors } = headerOf(bytes);
  header.__metadata__.config = JSON.stringify(withoutPlaces(JSON.parse(header.__metadata__.config)));
  const text = Buffer.from(JSON.stringify(header));
  // Tensors begin at a multiple of 8.
  const padded = Buffer.concat([text, Buffer.alloc(-text.length & 7, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, tensors]);
}

/**
 * Replaces the paths in the report, too, which quotes the checkpoint's config.
 *
 * @param {string} html
 */
function publishedReport(html) {
  const config = JSON.parse(headerOf(original).header.__metadata__.config);
  const { data, output } = withoutPlaces(config);
  return html.replaceAll(config.data.folder, data.folder).replaceAll(config.output, output);
}

function page() {
  /** @param {import('../../trainer/src/types.js').Stage} stage */
  const ofStage = (stage) => epochs.filter((it) => it.stage === stage);
  const best = ofStage('2').reduce((a, b) => (b.testAccuracy > a.testAccuracy ? b : a));
  const rows = epochs.map(({ stage, epoch, learningRate, trainAccuracy, testAccuracy }) =>
    row([stage, epoch + 1, learningRate.toPrecision(3), percent(trainAccuracy), percent(testAccuracy)]),
  );
  return `<!-- Written by scripts/documents/write-run.mjs; do not edit. -->
# ${name}

\`${settings.architecture}\` trained by \`signwave train\` on CIFAR-10, omega0 = ${settings.omega0}: ${ofStage('1').length} epochs of stage 1 and ${ofStage('2').length} of stage 2.
[config.json](config.json) has the settings, [metrics.jsonl](metrics.jsonl) the course of the run, and [report.html](report.html) is the trainer's report. The best
checkpoint of stage 2 (epoch ${best.epoch + 1}) is [\`${checkpoint}\`](../../../${checkpoint}).

| | |
|---|---|
| the trainer's own accuracy of that epoch | ${percent(best.testAccuracy)} |
| top-1 of the packed model on ${evaluation.images.toLocaleString('en-US')} test images, WebAssembly | ${evaluation.top1Percent.toFixed(2)} % (95 % interval ${evaluation.top1Low.toFixed(2)} to ${evaluation.top1High.toFixed(2)} %) |
| \`signwave verify\` | ${verification.ok ? 'every bit and output equals the reference' : 'FAILED'} |

A run of the paper's length is 600 + 300 epochs; this one shows that the trainer, the converter and the runtime work together, not what the method can reach.

${row(['stage', 'epoch', 'learning rate', 'training', 'test'])}
${row(['---', '---', '---', '---', '---'])}
${rows.join('\n')}
`;
}

/** @param {string[]} args */
function signwave(args) {
  return execFileSync(process.execPath, ['cli/dist/signwave.mjs', ...args], { encoding: 'utf8' });
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}

/** @param {readonly (string | number)[]} cells */
function row(cells) {
  return `| ${cells.join(' | ')} |`;
}
