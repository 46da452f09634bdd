import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import { channelsFirst, exportOnnx } from '@signwave/convert';
import { writeFileAtomic } from '@signwave/data/node';
import { type Model as ModelFile, SignwaveError } from '@signwave/format';
import { argMax, type Contestant, compareOutputs, randomFloats, type Timing, timeInterleaved } from '@signwave/lab';
import { createOrtSession, describeDevice, readModelFile, readTemperature } from '@signwave/lab/node';
import { outputBounds, Reference } from '@signwave/reference';
import { type KernelChoice, load, type Model } from '@signwave/runtime';
import type { Command } from 'commander';
import { jsonOption, kernelsOption, modelArgument, positiveInteger } from '../arguments.js';
import { refuseOverwriting } from '../output-guard.js';
import { jsonLines, printable, printJson, printNote, printResult } from '../report/output.js';
import { table } from '../report/table.js';
import { VERSION } from '../version.js';
import { noteWork } from '../work-note.js';

interface Options {
  readonly threads: readonly number[];
  readonly perLayer?: boolean;
  readonly peers?: boolean;
  readonly rounds: number;
  readonly kernels: KernelChoice;
  readonly deviceReport?: string;
  readonly json?: boolean;
}

/** Version of the fields of `--device-report`. */
const REPORT_VERSION = 1;
/** Number of inputs whose outputs are compared before anything is timed. */
const CHECKED_INPUTS = 5;
/**
 * Tolerance for engines that sum floats in other orders. A sign that flips at its threshold moves outputs by more, see `compareOutputs`.
 */
const OUTPUT_TOLERANCE = 1e-3;

export function registerBench(program: Command): void {
  program
    .command('bench')
    .description('time a model, as a whole and layer by layer, and against other engines; outputs are checked first')
    .addArgument(modelArgument('<model>'))
    .option('--threads <list>', 'numbers of threads, e.g. 1,2', parseThreads, [1])
    .option('--per-layer', 'time each step by itself')
    .option('--peers', 'compare with ONNX Runtime Web (float32, wasm) in the same process, rounds interleaved')
    .option('--rounds <n>', 'rounds that are counted', positiveInteger, 15)
    .option('--device-report <file>', 'write machine, clock, temperature and results to a JSON file, to send in')
    .addOption(kernelsOption())
    .addOption(jsonOption())
    .action(bench);
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function parseThreads(text: string): number[] {
  return text.split(',').map(positiveInteger);
}

async function bench(modelPath: string, options: Options): Promise<void> {
  await refuseOverwriting({ outputs: { '--device-report': options.deviceReport }, inputs: { 'the model': modelPath } });
  const { model: file, bytes } = await readModelFile(modelPath);
  const models = await loadForThreads(modelPath, bytes, options);
  const model = models[0]!;
  const info = model.info();
  noteWork(file, bytes, CHECKED_INPUTS);
  const inputs = Array.from({ length: CHECKED_INPUTS }, (_, seed) => randomFloats(file.graph, seed + 1));
  const contestants = models.map((it): Contestant => {
    checkAgainstReference(file, it, inputs);
    return { name: titleOf(it), run: () => void it.run(inputs[0]!) };
  });
  if (options.kernels === 'auto' && info.kernels === 'simd') {
    const scalar = await load(bytes, { name: modelPath, kernels: 'scalar' });
    checkAgainstReference(file, scalar, inputs);
    contestants.push({ name: 'signwave scalar', run: () => void scalar.run(inputs[0]!) });
  }
  if (options.peers) contestants.push(await ortContestant(file, model, inputs));
  const celsiusBefore = readTemperature();
  const timings = await timeInterleaved(contestants, { rounds: options.rounds });
  const celsiusAfter = readTemperature();

  const macs = model.plan().reduce((sum, step) => sum + step.macs, 0);
  const layers =
    options.perLayer || options.deviceReport !== undefined ? model.profile(inputs[0]!, { repeats: 200 }) : undefined;
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    engine: `Node ${process.versions.node}, V8 ${process.versions.v8}`,
    signwave: VERSION,
  };
  if (options.deviceReport !== undefined) {
    const report = {
      reportVersion: REPORT_VERSION,
      device: describeDevice(),
      versions: { signwave: VERSION, node: process.versions.node, v8: process.versions.v8 },
      ...(celsiusBefore !== undefined && { celsiusBefore }),
      ...(celsiusAfter !== undefined && { celsiusAfter }),
      model: { name: model.metadata.name, fileBytes: bytes.length, sha256: sha256Hex(bytes), macs },
      runtime: info,
      timings,
      layers,
    };
    await writeFileAtomic(options.deviceReport, new TextEncoder().encode(printable(jsonLines(report))));
    printNote(`${options.deviceReport} is written: it names the machine's parts, and neither it nor you`);
  }
  if (options.json) {
    printJson({ model: modelPath, fileBytes: bytes.length, machine, runtime: info, macs, timings, layers });
    return;
  }
  printResult(`${model.metadata.name}, ${machine.cpu}, ${machine.engine}, batch 1`);
  printResult(
    `  load ${info.loadMs.toFixed(1)} ms, ${(info.memoryBytes / 1024).toFixed(0)} KiB of memory, wasm ${info.wasmBytes} bytes`,
  );
  printResult('');
  printResult(timingTable(timings, macs));
  if (layers && options.perLayer) printResult(['', ...layerTable(layers)]);
}

/** Loads a model for each number of threads, except for numbers that aren't available here. */
async function loadForThreads(name: string, bytes: Uint8Array, { threads, kernels }: Options): Promise<Model[]> {
  const models: Model[] = [];
  for (const count of threads) {
    const model = await load(bytes, { name, kernels, threads: count });
    const info = model.info();
    if (info.threads === count) models.push(model);
    else printNote(`${count} threads are left out: ${info.threadsReason}`);
  }
  return models.length > 0 ? models : [await load(bytes, { name, kernels })];
}

function titleOf(model: Model): string {
  const { kernels, threads } = model.info();
  return `signwave ${kernels}${threads > 1 ? `, ${threads} threads` : ''}`;
}

function timingTable(timings: readonly Timing[], macs: number): string[] {
  const ours = timings[0]!.medianMs;
  return table(
    [
      { title: 'engine' },
      { title: 'median ms', align: 'right' },
      { title: 'min ms', align: 'right' },
      { title: 'p95 ms', align: 'right' },
      { title: 'spread', align: 'right' },
      { title: 'GMAC/s', align: 'right' },
      { title: 'time / ours', align: 'right' },
    ],
    timings.map(({ name, medianMs, minMs, p95Ms, spread }) => [
      name,
      medianMs.toFixed(4),
      minMs.toFixed(4),
      p95Ms.toFixed(4),
      `${(100 * spread).toFixed(1)} %`,
      gmacs(macs, medianMs),
      `${(medianMs / ours).toFixed(2)}x`,
    ]),
  );
}

function layerTable(layers: ReturnType<Model['profile']>): string[] {
  const total = layers.reduce((sum, { medianMs }) => sum + medianMs, 0);
  return table(
    [
      { title: 'step' },
      { title: 'kernel' },
      { title: 'output' },
      { title: 'us', align: 'right' },
      { title: 'share', align: 'right' },
      { title: 'GMAC/s', align: 'right' },
    ],
    layers.map(({ name, kernel, shape, medianMs, macs }) => [
      name,
      kernel,
      `(${shape.height}, ${shape.width}, ${shape.channels})`,
      (1000 * medianMs).toFixed(1),
      `${((100 * medianMs) / total).toFixed(1)} %`,
      macs > 0 ? gmacs(macs, medianMs) : '-',
    ]),
  );
}

function gmacs(macs: number, ms: number): string {
  return (macs / ms / 1e6).toFixed(1);
}

/** Checks that outputs are the reference's, because nothing is timed that computes something else. */
function checkAgainstReference(file: ModelFile, model: Model, inputs: readonly Float32Array[]): void {
  const reference = new Reference(file.graph);
  for (const input of inputs) {
    const { maps } = reference.record(input);
    if (compareOutputs(model.run(input), maps.at(-1)!.data, outputBounds(file.graph, maps)).wrong > 0) {
      throw new SignwaveError(
        'E_ENGINE',
        `${model.metadata.name}: an output differs from the reference; run signwave verify`,
      );
    }
  }
}

/**
 * ONNX Runtime Web running the model's float twin. Its outputs must agree with ours within {@link OUTPUT_TOLERANCE}, or, if another order
 * of float sums flipped a sign at its threshold, at least in the first class.
 */
async function ortContestant(file: ModelFile, model: Model, inputs: readonly Float32Array[]): Promise<Contestant> {
  const session = await createOrtSession(exportOnnx(file));
  const planar = inputs.map((input) => channelsFirst(input, model.input.channels));
  for (const [n, input] of planar.entries()) {
    const theirs = await session.run(input);
    const ours = model.run(inputs[n]!);
    const isNear = theirs.every(
      (value, i) => Math.abs(value - ours[i]!) <= OUTPUT_TOLERANCE * Math.max(1, Math.abs(value)),
    );
    if (!isNear && argMax(theirs) !== argMax(ours)) {
      throw new SignwaveError(
        'E_PEER',
        `ONNX Runtime Web ${session.version} gives other outputs for ${model.metadata.name}; nothing was timed`,
      );
    }
  }
  return { name: `ONNX Runtime Web ${session.version} float32`, run: async () => void (await session.run(planar[0]!)) };
}
