import { readFileBytes, readImage } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { type KernelChoice, type LoadOptions, load, type Model, prepareImage } from '@signwave/runtime';
import type { Command } from 'commander';
import { jsonOption, kernelsOption, positiveInteger, threadsOption } from '../arguments.js';
import { readNpy, writeNpy } from '../data/npy.js';
import { refuseOverwriting } from '../output-guard.js';
import { ImageNotes } from '../report/image-notes.js';
import { printJson, printNote, printResult } from '../report/output.js';
import { table } from '../report/table.js';

interface Options {
  readonly top: number;
  readonly json?: boolean;
  readonly npy?: string;
  readonly out?: string;
  readonly kernels: KernelChoice;
  readonly threads: number | 'auto';
}

export function registerRun(program: Command): void {
  program
    .command('run')
    .description('classify images, or run a batch of arrays')
    .argument('<model>', 'model (.sgnw)')
    .argument('[images...]', 'image files: PNG, JPEG, WebP, TIFF, PPM, PGM')
    .option('--top <n>', 'classes to show for each image', positiveInteger, 5)
    .option('--npy <file>', 'instead of images: uint8 (N, H, W, C) raw images, or float32 (N, C, H, W) preprocessed')
    .option('--out <file>', 'with --npy: where the outputs go, float32 (N, classes)')
    .addOption(kernelsOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(modelPath: string, imagePaths: string[], options: Options): Promise<void> {
  if (options.npy !== undefined) {
    if (imagePaths.length > 0) throw new SignwaveError('E_USAGE', 'give images or --npy, not both');
    if (options.out === undefined) throw new SignwaveError('E_USAGE', '--npy needs --out, the file for the outputs');
  } else if (imagePaths.length === 0) {
    throw new SignwaveError('E_USAGE', 'no image was given; name image files, or an array with --npy and --out');
  }
  await refuseOverwriting({
    outputs: { '--out': options.out },
    inputs: { 'the model': modelPath, '--npy': options.npy },
  });
  const model = await loadModel(modelPath, options);
  if (options.npy !== undefined) await runArray(model, options.npy, options.out!);
  else await runImages(model, imagePaths, options);
}

/** Load a model with the kernels and threads that were asked for; says so if there are fewer threads. */
export async function loadModel(
  path: string,
  { kernels, threads }: Pick<LoadOptions, 'kernels' | 'threads'>,
): Promise<Model> {
  const model = await load(await readFileBytes(path, 'E_IO'), {
    name: path,
    ...(kernels && { kernels }),
    ...(threads && { threads }),
  });
  const info = model.info();
  if (threads !== undefined && threads !== 'auto' && info.threads < threads)
    printNote(`one thread works: ${info.threadsReason}`);
  return model;
}

async function runImages(model: Model, paths: readonly string[], { top, json }: Options): Promise<void> {
  const notes = new ImageNotes(model.input);
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

/** Say which file an error is about. */
function inContext<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SignwaveError)
      throw new SignwaveError(error.code, `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

async function runArray(model: Model, inPath: string, outPath: string): Promise<void> {
  const array = await readNpy(inPath, { types: ['|u1', '<f4'] });
  const { height, width, channels, recipe } = model.input;
  const isBytes = array.type === '|u1';
  const layout = isBytes ? '(N, H, W, C)' : '(N, C, H, W)';
  const sides = array.shape.slice(1);
  const expected = [channels, height, width];
  if (array.shape.length !== 4 || (isBytes ? !recipe : expected.join() !== sides.join())) {
    const wanted = !isBytes
      ? `(N, ${expected.join(', ')})`
      : recipe
        ? '(N, any, any, 1, 3 or 4)'
        : `float32 (N, ${expected.join(', ')}), since the model has no input recipe`;
    throw new SignwaveError(
      'E_NPY',
      `${inPath}: ${array.type} of shape (${array.shape.join(', ')}), read as ${layout}; expected ${wanted}`,
    );
  }
  const count = array.shape[0]!;
  const elements = sides.reduce((product, side) => product * side, 1);
  const outputs = new Float32Array(count * model.outputs);
  const notes = new ImageNotes(model.input);
  const imageAt = (data: Uint8Array, n: number): Uint8Array => {
    const image = rasterAt(data, array.shape, n);
    notes.look(image, `image ${n} of ${inPath}`);
    return inContext(inPath, () => prepareImage(image, recipe!, height, width));
  };
  for (let n = 0; n < count; n++) {
    const input =
      array.type === '|u1'
        ? imageAt(array.data, n)
        : channelsLast(array.data.subarray(n * elements, (n + 1) * elements), channels);
    outputs.set(model.run(input), n * model.outputs);
  }
  await writeNpy(outPath, { type: '<f4', shape: [count, model.outputs], data: outputs });
  printNote(`${outPath}: float32 (${count}, ${model.outputs})`);
}

function rasterAt(data: Uint8Array, shape: readonly number[], n: number) {
  const [, height, width, channels] = shape as [number, number, number, number];
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw new SignwaveError('E_NPY', `raw images have 1, 3 or 4 channels, these have ${channels}`);
  }
  const bytes = height * width * channels;
  return { height, width, channels, data: data.subarray(n * bytes, (n + 1) * bytes) } as const;
}

/** (C, H, W) to (H, W, C). */
function channelsLast(floats: Float32Array, channels: number): Float32Array {
  const pixels = floats.length / channels;
  const ordered = new Float32Array(floats.length);
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < pixels; p++) ordered[p * channels + c] = floats[c * pixels + p]!;
  return ordered;
}
