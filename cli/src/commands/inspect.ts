import {
  ARCHITECTURES,
  type Architecture,
  architectureId,
  type Checkpoint,
  compareAll,
  describeRecipe,
  type Match,
  nearestTable,
  type PartOptions,
  quote,
  recognise,
  SeveralStateDicts,
  type StateDict,
  type TrainedFacts,
  trainedArchitecture,
  trainedFacts,
} from '@signwave/convert';
import { LongError, type Model, SignwaveError } from '@signwave/format';
import { type ModelSummary, summarize } from '@signwave/lab';
import {
  type FoundBiperConfig,
  isFileOf,
  openCheckpointFile,
  readBiperConfig,
  readModelFile,
} from '@signwave/lab/node';
import { load } from '@signwave/runtime';
import type { Command } from 'commander';
import { jsonOption, modelArgument, prefixOption, stateDictOption } from '../arguments.js';
import { count, percent, printJson, printResult } from '../report/output.js';
import { table } from '../report/table.js';
import { inspectTflite } from './inspect-tflite.js';

export function registerInspect(program: Command): void {
  program
    .command('inspect')
    .description('show what a model, a checkpoint or a .tflite holds')
    .addArgument(modelArgument('<file>', 'model (.sgnw), checkpoint or .tflite'))
    .option('--plan', 'show which kernel runs each step of a model on this machine, and why')
    .option('--tune', 'with --plan: try several kernels first, as load(..., { tune: true }) does')
    .addOption(stateDictOption())
    .addOption(prefixOption())
    .addOption(jsonOption())
    .action(inspect);
}

const CONTAINERS: Readonly<Record<Checkpoint['container'], string>> = {
  'torch-zip': 'PyTorch checkpoint (zip)',
  'torch-legacy': 'PyTorch checkpoint (legacy format)',
  safetensors: 'safetensors checkpoint',
  npz: 'NumPy archive (.npz)',
  caffemodel: 'Caffe model (.caffemodel)',
};

interface Options extends PartOptions {
  readonly plan?: boolean;
  readonly tune?: boolean;
  readonly json?: boolean;
}

async function inspect(path: string, options: Options): Promise<void> {
  if (await isFileOf('signwave model', path)) {
    const { model, bytes } = await readModelFile(path);
    if (options.plan) {
      await inspectPlan(path, bytes, options);
      return;
    }
    const summary = summarize(model, bytes);
    const memory = await memoryOf(path, bytes);
    if (options.json) printJson({ kind: 'model', ...model.info, ...summary, ...memory });
    else printModel(path, model, summary, memory);
    return;
  }
  if (await isFileOf('TensorFlow Lite', path)) {
    await inspectTflite(path, options.json ?? false);
    return;
  }
  try {
    const { checkpoint, close } = await openCheckpointFile(path, options);
    try {
      await inspectCheckpoint(path, checkpoint, options.json ?? false);
    } finally {
      await close();
    }
  } catch (error) {
    if (!(error instanceof SeveralStateDicts)) throw error;
    inspectStateDicts(path, error.stateDicts, options.json ?? false);
  }
}

/** WebAssembly memory of a model on one thread of this machine, or why it can't be loaded. */
type Memory = { readonly memoryBytes: number } | { readonly notLoaded: string };

async function memoryOf(path: string, bytes: Uint8Array): Promise<Memory> {
  try {
    const model = await load(bytes, { name: path });
    const { memoryBytes } = model.info();
    model.dispose();
    return { memoryBytes };
  } catch (error) {
    if (!(error instanceof SignwaveError)) throw error;
    return { notLoaded: error.message };
  }
}

/** Shows what a checkpoint with several state dicts has to look at. */
function inspectStateDicts(path: string, stateDicts: readonly StateDict[], json: boolean): void {
  if (json) {
    printJson({ kind: 'state dicts', stateDicts });
    return;
  }
  printResult([`${path}: ${stateDicts.length} state dicts; --state-dict chooses one`, '']);
  printResult(
    table(
      [{ title: 'state dict' }, { title: 'tensors', align: 'right' }],
      stateDicts.map((dict) => [shown(dict.path), count(dict.tensors)]),
    ),
  );
}

async function inspectPlan(path: string, bytes: Uint8Array, { tune = false, json = false }: Options): Promise<void> {
  const model = await load(bytes, { name: path, tune });
  const steps = model.plan();
  const { kernels, kernelsReason } = model.info();
  model.dispose();
  if (json) {
    printJson({ kind: 'plan', kernels, kernelsReason, steps });
    return;
  }
  printResult([`${path}: ${steps.length} steps, ${kernels} kernels (${kernelsReason})`, '']);
  const rows = steps.map(({ name, kernel, shape, reason }) => [
    name,
    kernel,
    `(${shape.height}, ${shape.width}, ${shape.channels})`,
    reason,
  ]);
  printResult(table([{ title: 'step' }, { title: 'kernel' }, { title: 'output' }, { title: 'why' }], rows));
}

function printModel(path: string, model: Model, summary: ModelSummary, memory: Memory): void {
  const { info } = model;
  const { fileBytes, layers } = summary;
  printResult(`${path}: ${info.name}`);
  const facts: [string, string | undefined][] = [
    ['architecture', `${info.method} ${info.architecture}`],
    ['omega0', info.omega0?.toString()],
    ['written by', info.writer],
    ['from checkpoint', info.sourceSha256 && `SHA-256 ${info.sourceSha256}`],
    ['licence', info.licence],
    ['labels', info.labels && `${info.labels.length}: ${info.labels.slice(0, 4).join(', ')}, ...`],
    ...info.accuracy.map(({ data, top1 }): [string, string] => ['top-1', `${top1.toFixed(2)} % (${data})`]),
  ];
  for (const [name, value] of facts) if (value !== undefined) printResult(`  ${name.padEnd(16)}${value}`);

  const rows = layers.map((layer) => [
    layer.name,
    layer.op,
    `(${layer.shape.height}, ${layer.shape.width}, ${layer.shape.channels})`,
    `(${layer.weights.join(', ')})`,
    String(layer.weightBits),
    count(layer.bytes),
    percent(layer.bytes, fileBytes, 1),
    layer.isBinary ? count(layer.macs) : '-',
    layer.isBinary ? '-' : count(layer.macs),
  ]);
  const rest = (name: string, bytes: number): string[] => [
    name,
    '',
    '',
    '',
    '',
    count(bytes),
    percent(bytes, fileBytes, 1),
    '-',
    '-',
  ];
  rows.push(rest('graph and metadata', summary.headerBytes), rest('alignment', summary.paddingBytes));
  const total = [
    'file',
    '',
    '',
    '',
    '',
    count(fileBytes),
    '100.0 %',
    count(summary.binaryMacs),
    count(summary.floatMacs),
  ];
  printResult('');
  printResult(
    table(
      [
        { title: 'layer' },
        { title: 'kind' },
        { title: 'output' },
        { title: 'weights' },
        { title: 'bits', align: 'right' },
        { title: 'bytes', align: 'right' },
        { title: 'share', align: 'right' },
        { title: 'binary MACs', align: 'right' },
        { title: 'float MACs', align: 'right' },
      ],
      rows,
      total,
    ),
  );
  printResult('');
  printResult(
    `as float32 ${count(summary.float32Bytes)} bytes: ${(summary.float32Bytes / fileBytes).toFixed(1)}x as large; ` +
      `${percent(summary.binaryMacs, summary.binaryMacs + summary.floatMacs)} of the MACs are binary`,
  );
  printResult(
    'memoryBytes' in memory
      ? `takes ${count(memory.memoryBytes)} bytes of memory on one thread of this machine`
      : `can't be loaded here: ${memory.notLoaded}`,
  );
}

async function inspectCheckpoint(path: string, checkpoint: Checkpoint, json: boolean): Promise<void> {
  const notes: string[] = [];
  // A file that contradicts itself, or what lies beside it, is shown all the same.
  const noted = (error: unknown): undefined => {
    if (!(error instanceof SignwaveError)) throw error;
    notes.push(error.message);
  };
  const trained = await trainedNetwork(checkpoint).catch(noted);
  const config = await readBiperConfig(path, checkpoint, undefined).catch(noted);
  const matches = compareAll(checkpoint, trained ? [trained.architecture] : ARCHITECTURES);
  if (trained) notes.push(...trainedNotes(trained.facts));
  notes.push(...checkpointNotes(checkpoint, matches, config, trained?.architecture));
  const tensors = [...checkpoint.tensors.values()];
  if (json) {
    printJson({
      kind: 'checkpoint',
      container: checkpoint.container,
      metadata: Object.fromEntries(checkpoint.metadata),
      stateDicts: checkpoint.stateDicts,
      skipped: checkpoint.skipped,
      notes,
      tensors: tensors.map(({ name, dtype, shape, sizeBytes }) => ({ name, dtype, shape, sizeBytes })),
      matches: matches.map(({ architecture, matching, expected, difference }) => ({
        architecture: architecture.name,
        method: architecture.method,
        matching,
        of: expected.size,
        difference,
      })),
      omega0: config?.omega0,
    });
    return;
  }
  const totalBytes = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  printResult(`${path}: ${CONTAINERS[checkpoint.container]}, ${tensors.length} tensors, ${count(totalBytes)} bytes`);
  for (const [key, value] of checkpoint.metadata) printResult(`  ${key.padEnd(16)}${shown(value)}`);
  const { stateDicts = [] } = checkpoint;
  const [taken, ...others] = stateDicts.map((dict) => `${shown(dict.path)} (${count(dict.tensors)} tensors)`);
  if (taken !== undefined && stateDicts[0]!.path !== '.') printResult(`  state dict      ${taken}`);
  for (const other of others) printResult(`  not taken       ${other}: --state-dict takes it`);
  for (const line of checkpoint.skipped) printResult(`  not read        ${line}`);
  printResult('');
  printResult(
    table(
      [{ title: 'tensor' }, { title: 'type' }, { title: 'shape' }, { title: 'bytes', align: 'right' }],
      tensors.map(({ name, dtype, shape, sizeBytes }) => [name, dtype, `(${shape.join(', ')})`, count(sizeBytes)]),
      ['all', '', '', count(totalBytes)],
    ),
  );
  printResult('');
  for (const note of notes) printResult(note);
}

/**
 * The network that a checkpoint of signwave's trainer says that it holds. @throws {SignwaveError} as `trainedFacts` and
 * `trainedArchitecture`.
 */
async function trainedNetwork(
  checkpoint: Checkpoint,
): Promise<{ facts: TrainedFacts; architecture: Architecture } | undefined> {
  const facts = trainedFacts(checkpoint);
  return facts && { facts, architecture: trainedArchitecture(facts, checkpoint.sourceName) };
}

function trainedNotes({ input, classNames }: TrainedFacts): string[] {
  const { height, width, channels, recipe } = input;
  const classes = classNames
    ? [`classes: ${classNames.length}, ${classNames.slice(0, 4).map(shown).join(', ')}, ...`]
    : [];
  return [`input: ${height} x ${width} x ${channels}, ${describeRecipe(recipe)}`, ...classes];
}

/** Shows a plain value; strings are quoted, because they may be long and hold anything. */
function shown(value: number | string | boolean | null): string {
  return typeof value !== 'string' || /^[\w.+-]{0,60}$/.test(value) ? String(value) : quote(value);
}

/** Notes on what the checkpoint looks like, and on what is missing to convert it. */
function checkpointNotes(
  checkpoint: Checkpoint,
  matches: readonly Match[],
  config: FoundBiperConfig | undefined,
  arch: Architecture | undefined,
): string[] {
  const exact = matches.filter(({ difference }) => difference === undefined);
  if (exact.length === 0) {
    return ['the tensors are of no network that signwave knows; nearest:', ...nearestTable(matches)];
  }
  const notes = exact.map(
    ({ architecture, prefix }) =>
      `${architectureId(architecture)}: all tensors match${prefix === '' ? '' : ` under ${quote(prefix)}`}`,
  );
  notes.push(...doubtsOf(checkpoint, config, arch));
  if (!exact.some(({ architecture }) => architecture.needsOmega0)) return notes;
  notes.push(
    config?.omega0 === undefined
      ? 'omega0 is not in a BiPer checkpoint, and there is no config.txt with "freq:" beside it: give --omega0 to convert'
      : `omega0 = ${config.omega0} (${config.path})`,
  );
  notes.push(
    config?.isStage2 === undefined
      ? 'stage 1 or 2 of the training can’t be told from the tensors: they are the same. Stage 1 was evaluated with sin(omega0 w), stage 2 with its sign'
      : `${config.path} says it was written in stage ${config.isStage2 ? 2 : 1} of the training (the tensors don’t tell)`,
  );
  return notes;
}

/**
 * What converting would report: which of several networks it is, and what else it may be.
 *
 * @param arch of the network that the checkpoint says it holds.
 */
function doubtsOf(
  checkpoint: Checkpoint,
  config: FoundBiperConfig | undefined,
  arch: Architecture | undefined,
): string[] {
  try {
    const { note } = recognise(checkpoint, { hasOmega0: config?.omega0 !== undefined, ...(arch && { arch }) });
    return note === undefined ? [] : [note];
  } catch (error) {
    if (error instanceof LongError) return [...error.lines];
    if (error instanceof SignwaveError) return [error.message];
    throw error;
  }
}
