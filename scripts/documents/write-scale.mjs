// Writes the figures of docs/scale.md: what was measured (docs/scale.json), what a billion images cost by it, and what a simulation says about
// the size of shares.
//
//   node bench/scripts/scale.mjs > docs/scale.json          on a machine that does nothing else
//   node bench/scripts/lines-memory.mjs > docs/scale-memory.json
//   node scripts/documents/write-scale.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFigures } from '../modules/figures.mjs';
import { importSource } from '../modules/import-source.mjs';
import { simulate } from './scale-simulation.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = `${ROOT}docs/scale.md`;
/** @type {[string, string]} */
const MARKERS = ['<!-- figures: written by scripts/documents/write-scale.mjs, do not edit -->', '<!-- /figures -->'];
const IMAGES = 1e9;
const CORES = [100, 1000];
const SHARES = [1000, 3000, 10_000, 30_000, 100_000, 1_000_000];
/** What the simulation takes for a fleet of cheap machines. */
const FLEET = { workers: 256, slowWorkers: 0.05, slowdown: 2, failuresPerHour: 0.05, replaceSeconds: 60 };

/**
 * @typedef {object} Size as bench/src/image-shares.ts measures it.
 * @property {number} width
 * @property {number} height
 * @property {number} meanBytes
 * @property {Readonly<Record<'disk' | 'object' | 'decode' | 'resize' | 'network', { wallMs: number, cpuMs: number }>>} stages
 */
/**
 * @typedef {object} Measurements as bench/scripts/scale.mjs prints it.
 * @property {{ cpu: string, cores: number }} machine
 * @property {string} node
 * @property {readonly Size[]} sizes
 * @property {{ images: number, rounds: number, longLines: number, seconds: Readonly<Record<'start' | 'peerStart' | 'longList' | 'oneWorker' | 'twoWorkers' | 'peer', number>>,
 *   answerBytes: number, listBytes: number, modelBytes: number }} workers
 */

/** The page with the figures. @param {(seed: number) => () => number} seededRandom */
export function scaleDocument(seededRandom) {
  const page = readFileSync(PAGE, 'utf8');
  /** @type {Measurements} */
  const record = JSON.parse(readFileSync(`${ROOT}docs/scale.json`, 'utf8'));
  const lines = [...measured(record), memoryText(), '', ...costs(record), '', ...sizesOfShares(record, seededRandom)];
  return withFigures(page, MARKERS, lines);
}

/** @param {Measurements} record */
function measured({ machine, node, sizes, workers }) {
  const { images, rounds, seconds } = workers;
  const { startSeconds, imageSeconds } = workerTimes(workers);
  const stages = /** @type {const} */ (['disk', 'object', 'decode', 'resize', 'network']);
  return [
    `Measured on ${machine.cores} cores of ${machine.cpu}, Node ${node.slice(1)}, with BiPer's ResNet-18 for ImageNet (${megabytes(workers.modelBytes)} MB) and JPEG photographs, which are scaled to 256 pixels and cut to 224. Time of the processor for one image, in ms; an object comes from a server on the same machine,`,
    'whose own time isn’t counted, nor is the way to it:',
    '',
    '| photograph | bytes | from a disk | or from an object store | decode | resize | network |',
    '|---|---|---|---|---|---|---|',
    ...sizes.map(
      (size) =>
        `| ${size.width} x ${size.height} | ${grouped(size.meanBytes)} | ${stages.map((it) => size.stages[it].cpuMs.toFixed(1)).join(' | ')} |`,
    ),
    '',
    `A process that is kept on one core starts, with the model, in ${startSeconds.toFixed(2)} s. ${grouped(images)} photographs of ${sizes[0]?.width} x ${sizes[0]?.height} from a disk, medians of ${rounds} rounds, start included:`,
    '',
    '| | images/s | |',
    '|---|---|---|',
    `| one worker | ${(images / seconds.oneWorker).toFixed(1)} | |`,
    `| two workers | ${(images / seconds.twoWorkers).toFixed(1)} | ${(seconds.oneWorker / seconds.twoWorkers).toFixed(2)} times one |`,
    `| ONNX Runtime for Python, one process on one core, the same network in float32, Pillow's decoder and resize | ${(images / seconds.peer).toFixed(1)} | one worker is ${(seconds.peer / seconds.oneWorker).toFixed(2)} times as fast |`,
    '',
    `Of the time of a share of 1,000 images ${percent(startSeconds / (startSeconds + 1000 * imageSeconds))} is its start.`,
  ];
}

/** What bench/scripts/lines-memory.mjs found. */
function memoryText() {
  /** @type {{ lines: number, samples: { answers: number, residentBytes: number }[] }} */
  const { lines, samples } = JSON.parse(readFileSync(`${ROOT}docs/scale-memory.json`, 'utf8'));
  // Node takes what it wants for itself in the first fifth.
  const [early, ...later] = samples.slice(samples.length / 5);
  const most = Math.max(...later.map(({ residentBytes }) => residentBytes));
  return `One process that answered ${grouped(lines)} lines with small images took ${megabytes(early?.residentBytes ?? 0)} MB of memory after ${grouped(early?.answers ?? 0)} of them, and at most ${megabytes(most)} MB later.`;
}

/** @param {Measurements} record */
function costs({ sizes, workers }) {
  const perLine = (/** @type {number} */ bytes) => `${grouped((bytes * IMAGES) / 1e9)} GB`;
  const listSeconds = (workers.seconds.longList - workers.seconds.start) / workers.longLines;
  const shares = IMAGES / 10_000;
  return [
    `From these figures, ${grouped(IMAGES)} images from an object store take:`,
    '',
    `| photograph | cores x hours | ${CORES.map((it) => `hours on ${grouped(it)} cores`).join(' | ')} | over the network | of it at ${grouped(CORES.at(-1) ?? 0)} cores | requests at ${grouped(CORES.at(-1) ?? 0)} cores |`,
    `|---|${'---|'.repeat(CORES.length + 4)}`,
    ...sizes.map(({ width, height, meanBytes, stages }) => {
      const { object, decode, resize, network } = stages;
      const seconds = (object.cpuMs + decode.cpuMs + resize.cpuMs + network.cpuMs) / 1000;
      const hours = (IMAGES * seconds) / 3600;
      const perSecond = (CORES.at(-1) ?? 0) / seconds;
      return `| ${width} x ${height} | ${grouped(hours)} | ${CORES.map((it) => grouped(hours / it)).join(' | ')} | ${grouped((meanBytes * IMAGES) / 1e12)} TB | ${((perSecond * meanBytes * 8) / 1e9).toFixed(1)} Gbit/s | ${grouped(perSecond)} a second |`;
    }),
    '',
    `* **Where the time goes**: ${sizes.map((size) => shareTexts(size)).join('; ')}. Large photographs are worth scaling down once, where they are stored.`,
    `* **The object store** has to give that many requests a second, in as many prefixes as it wants for that. A process with one thread reads five lines ahead, so a store that answers in 50 ms keeps a core busy where an image takes 10 ms or more.`,
    `* **Storage**: the answers (five labels) take ${perLine(workers.answerBytes)} before \`--gzip\`; the list takes ${perLine(workers.listBytes)}.`,
    `* **The list**: a share reads all of its list once, to know it by its SHA-256, which takes ${(1e6 * listSeconds).toFixed(2)} s for a million lines. So a billion lines are cut into lists of a million (\`split --lines 1000000\`), each with a folder and shares of its own: in one list,
  ${grouped(shares)} shares of 10,000 images would read it for ${grouped((shares * listSeconds * IMAGES) / 3600)} hours in all.`,
    `* **Each engine** moves other bytes. Slurm, Kubernetes and GNU parallel move none: a process reads list and images and writes its part. Spark and Ray carry each line to the process and each answer back, ${perLine(workers.listBytes + workers.answerBytes)} between processes of one machine, and store the answers themselves.
  NATS JetStream writes both to the broker's disk: ${perLine(workers.listBytes + workers.answerBytes)}, and two acknowledgements for each line. What the engines themselves cost wasn't measured at this size.`,
  ];
}

/** @param {Size} size */
function shareTexts({ width, height, stages: { object, decode, resize, network } }) {
  const all = object.cpuMs + decode.cpuMs + resize.cpuMs + network.cpuMs;
  return `at ${width} x ${height}, fetching takes ${percent(object.cpuMs / all)} of the processor's time, decoding ${percent(decode.cpuMs / all)}, resizing ${percent(resize.cpuMs / all)} and the network ${percent(network.cpuMs / all)}`;
}

/** @param {Measurements} record @param {(seed: number) => () => number} seededRandom */
function sizesOfShares({ workers }, seededRandom) {
  const { startSeconds, imageSeconds } = workerTimes(workers);
  return [
    `A simulation (scripts/documents/scale-simulation.mjs) of ${grouped(IMAGES)} images at ${(1000 * imageSeconds).toFixed(1)} ms on ${FLEET.workers} workers, of which ${percent(FLEET.slowWorkers, 0)} are ${FLEET.slowdown} times as slow, each of which fails every ${1 / FLEET.failuresPerHour} hours on the average and is replaced after ${FLEET.replaceSeconds} s, the next share going to whoever is free:`,
    '',
    '| images of a share | its time | longer than without starts, failures and waiting | starts | lost shares | waiting |',
    '|---|---|---|---|---|---|',
    ...SHARES.map((shareImages) => {
      const { hours, idealHours, startShare, lostShare, idleShare } = simulate(
        { ...FLEET, images: IMAGES, shareImages, imageSeconds, startSeconds },
        seededRandom(1),
      );
      return `| ${grouped(shareImages)} | ${duration(startSeconds + shareImages * imageSeconds)} | ${percent(hours / idealHours - 1)} | ${percent(startShare)} | ${percent(lostShare)} | ${percent(idleShare)} |`;
    }),
    '',
    'So a share should take minutes: below that, starts cost more than anything else, and above an hour a failure and the last slow worker do.',
  ];
}

/** Seconds of a worker's start and of one image. @param {Measurements['workers']} workers */
function workerTimes({ images, seconds }) {
  const imageSeconds = (seconds.oneWorker - seconds.start) / (images - 1);
  return { imageSeconds, startSeconds: seconds.start - imageSeconds };
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** @param {number} share @param {number} [digits] */
function percent(share, digits = 1) {
  return `${(100 * share).toFixed(digits)} %`;
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

/** @param {number} value */
function grouped(value) {
  return Math.round(value).toLocaleString('en-US');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.chdir(resolve(ROOT));
  const { seededRandom } = await importSource('test/seeded-random.ts');
  writeFileSync(PAGE, scaleDocument(seededRandom));
}
