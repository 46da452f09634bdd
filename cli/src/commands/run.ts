import { readFileBytes, readImage } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { ANSWERS, type AnswerKind, ImageNotes, inContext } from '@signwave/lab';
import { readInputArray, writeNpy } from '@signwave/lab/node';
import { type KernelChoice, type LoadOptions, load, type Model } from '@signwave/runtime';
import { type Command, Option } from 'commander';
import { jsonOption, kernelsOption, modelArgument, positiveInteger, threadsOption } from '../arguments.js';
import { refuseOverwriting } from '../output-guard.js';
import { printJson, printNote, printRemark, printResult } from '../report/output.js';
import { table } from '../report/table.js';
import { runLines } from './run-lines.js';
import { runManifest } from './run-manifest.js';

interface Options {
  readonly top: number;
  readonly json?: boolean;
  readonly npy?: string;
  readonly out?: string;
  readonly stdin?: 'jsonl';
  readonly manifest?: string;
  readonly shard?: string;
  readonly gzip?: boolean;
  readonly give: AnswerKind;
  readonly strict?: boolean;
  readonly kernels: KernelChoice;
  readonly threads: number | 'auto';
}

export function registerRun(program: Command): void {
  program
    .command('run')
    .description('classify images, or run a batch of arrays')
    .addArgument(modelArgument('<model>'))
    .argument('[images...]', 'image files: PNG, JPEG, WebP, TIFF, PPM, PGM')
    .option('--top <n>', 'classes to show for each image', positiveInteger, 5)
    .option(
      '--npy <file>',
      'instead of images: uint8 (N, H, W, C) raw images, or float32 (N, C, H, W) or (N, H, W, C) preprocessed',
    )
    .option(
      '--out <file>',
      'with --npy: file for the outputs, float32 (N, classes); with --manifest: folder for the answers',
    )
    .addOption(
      new Option('--stdin <format>', 'instead of images: answer each line of stdin with a line, docs/cli.md').choices([
        'jsonl',
      ]),
    )
    .option(
      '--manifest <file>',
      'instead of images: a list of paths, addresses or requests, one a line; --out is a folder',
    )
    .option('--shard <i/n>', 'with --manifest: answer this share of the list; auto: the one that a scheduler gives')
    .option('--gzip', 'with --manifest: pack the answers')
    .addOption(
      new Option('--give <what>', 'with --stdin or --manifest: what an answer holds')
        .choices(ANSWERS)
        .default('labels'),
    )
    .option('--strict', 'with --stdin or --manifest: end with status 1 if a line was answered with an error')
    .addOption(kernelsOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(modelPath: string, imagePaths: string[], options: Options): Promise<void> {
  checkSource(imagePaths, options);
  const { npy, manifest, out, shard = '1/1' } = options;
  await refuseOverwriting({
    ...(manifest === undefined ? { outputs: { '--out': out } } : { folders: { '--out': out } }),
    inputs: { 'the model': modelPath, '--npy': npy, '--manifest': manifest },
  });
  const model = await loadModel(modelPath, options);
  const answers = { kind: options.give, top: options.top, isStrict: options.strict ?? false };
  if (options.stdin !== undefined) await runLines(model, answers);
  else if (manifest !== undefined) {
    const isPacked = options.gzip ?? false;
    await runManifest(modelPath, model, { ...answers, manifest, folder: out!, shard, isPacked });
  } else if (options.npy !== undefined) await runArray(model, options.npy, options.out!);
  else await runImages(model, imagePaths, options);
}

/** @throws {SignwaveError} `E_USAGE` unless the inputs come from one place, and what is computed has somewhere to go. */
function checkSource(imagePaths: readonly string[], { npy, stdin, manifest, out, shard, gzip }: Options): void {
  const sources = { images: imagePaths[0], '--npy': npy, '--stdin': stdin, '--manifest': manifest };
  const given = Object.entries(sources).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length === 0) {
    throw new SignwaveError('E_USAGE', 'no image was given; name image files, or an array with --npy and --out');
  }
  if (given.length > 1) throw new SignwaveError('E_USAGE', `give ${given.join(' or ')}, not both`);
  if (npy !== undefined && out === undefined)
    throw new SignwaveError('E_USAGE', '--npy needs --out, the file for the outputs');
  if (manifest !== undefined && out === undefined)
    throw new SignwaveError('E_USAGE', '--manifest needs --out, the folder for the answers');
  if (manifest === undefined && (shard !== undefined || gzip))
    throw new SignwaveError('E_USAGE', `${shard === undefined ? '--gzip' : '--shard'} belongs to --manifest`);
}

/** Loads a model with the requested kernels and threads, and says so if it gets fewer threads. */
export async function loadModel(path: string, options: Pick<LoadOptions, 'kernels' | 'threads'>): Promise<Model> {
  return loadModelBytes(await readFileBytes(path, 'E_IO'), path, options);
}

/** Does the same with a model that was read. @param name by which messages call it. */
export async function loadModelBytes(
  bytes: Uint8Array,
  name: string,
  { kernels, threads }: Pick<LoadOptions, 'kernels' | 'threads'>,
): Promise<Model> {
  const model = await load(bytes, {
    name,
    ...(kernels && { kernels }),
    ...(threads && { threads }),
  });
  const info = model.info();
  if (threads !== undefined && threads !== 'auto' && info.threads < threads)
    printNote(`one thread works: ${info.threadsReason}`);
  return model;
}

async function runImages(model: Model, paths: readonly string[], { top, json }: Options): Promise<void> {
  const notes = new ImageNotes(model.input, printRemark);
  const results = [];
  for (const path of paths) {
    const image = await readImage(path);
    const startMs = performance.now();
    const predictions = inContext(path, () => model.classify(image, { topK: Math.min(top, model.outputs) }));
    notes.look(image, path);
    results.push({ image: path, ms: performance.now() - startMs, predictions });
  }
  if (json) {
    printJson(results);
    return;
  }
  const rows = results.map(({ image, ms, predictions }) => [
    image,
    predictions.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`).join(', '),
    ms.toFixed(2),
  ]);
  printResult(table([{ title: 'image' }, { title: 'classes' }, { title: 'ms', align: 'right' }], rows));
}

async function runArray(model: Model, inPath: string, outPath: string): Promise<void> {
  const { count, read } = await readInputArray(model.input, inPath, printRemark);
  const outputs = new Float32Array(count * model.outputs);
  for (let n = 0; n < count; n++) outputs.set(model.run(read(n)), n * model.outputs);
  await writeNpy(outPath, { type: '<f4', shape: [count, model.outputs], data: outputs });
  printNote(`${outPath}: float32 (${count}, ${model.outputs})`);
}
