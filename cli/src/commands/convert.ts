import { dirname, join } from 'node:path';
import {
  convertCheckpoint,
  convertTflite,
  type PartOptions,
  RECIPE_NAMES,
  readTflite,
  type SmallerWeights,
} from '@signwave/convert';
import { DATA_ARGUMENT } from '@signwave/data';
import { writeFileAtomic } from '@signwave/data/node';
import { type InputNode, type Model, SignwaveError, writeModel } from '@signwave/format';
import {
  type Images,
  measureSmaller,
  noiseImages,
  type SmallerEffect,
  smallerVariants,
  summarize,
} from '@signwave/lab';
import {
  isFileOf,
  openCheckpointFile,
  openFileSource,
  openImageSample,
  readArch,
  readBiperConfig,
  readLabels,
  readPreprocess,
  sha256,
} from '@signwave/lab/node';
import { type Command, Option } from 'commander';
import { announceProgram } from '../announce-program.js';
import { jsonOption, limitOption, positiveNumber, prefixOption, stateDictOption } from '../arguments.js';
import { refuseOverwriting } from '../output-guard.js';
import { count, printJson, printNote, printRemark, printResult, printWarning } from '../report/output.js';
import { progressBar } from '../report/progress.js';
import { tieLines } from '../report/tie-lines.js';
import { WRITER } from '../version.js';

interface Options extends PartOptions, SmallerWeights {
  readonly output: string;
  readonly arch?: string;
  readonly omega0?: number;
  readonly config?: string;
  readonly labels?: string;
  readonly preprocess?: string;
  readonly override?: boolean;
  readonly name?: string;
  readonly licence?: string;
  readonly calibrate?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

const CALIBRATION_IMAGES = 100;
/** Options that only a checkpoint of tensors needs: a `.tflite` holds its network. */
const CHECKPOINT_OPTIONS = ['arch', 'omega0', 'config', 'stateDict', 'prefix', 'override'] as const;

export function registerConvert(program: Command): void {
  program
    .command('convert')
    .description('pack a trained checkpoint into a model file with one bit per binary weight')
    .argument(
      '<checkpoint>',
      'PyTorch checkpoint (written by torch.save), .safetensors, .index.json, .npz, .caffemodel, or a .tflite of Larq Compute Engine',
    )
    .requiredOption('-o, --output <file>', 'model to write (.sgnw)')
    .option(
      '--arch <name>',
      'architecture, where it can’t be told from the tensors; or a file that describes one (.json), or a program that does, which is run (.mjs)',
    )
    .addOption(
      new Option('--omega0 <x>', 'BiPer’s frequency; default: the checkpoint’s metadata, or config.txt').argParser(
        positiveNumber,
      ),
    )
    .option('--config <file>', 'take omega0 from this config.txt; default: the one beside the checkpoint')
    .addOption(stateDictOption())
    .addOption(prefixOption())
    .option(
      '--labels <file>',
      'class names: a line each, or JSON: an array, {"0": "cat"}, {"cat": 0}, a config.json with id2label; default: the checkpoint’s, if it has them',
    )
    .option(
      '--preprocess <recipe>',
      `input recipe: ${RECIPE_NAMES.join(', ')}, a .json file or its content, {"mean": [...], "std": [...]}; default: the checkpoint’s, or else the architecture’s`,
    )
    .option('--override', 'where an option contradicts what the checkpoint says about itself, take the option')
    .option('--name <text>', 'name of the model')
    .option('--licence <text>', 'licence of the weights, written into the file')
    .addOption(new Option('--head <type>', 'store the classifier’s weights smaller').choices(['f16', 'i8']))
    .addOption(new Option('--downsample <type>', 'store float 1 x 1 convolutions smaller').choices(['f16', 'i8']))
    .addOption(
      new Option(
        '--stem <type>',
        'i16: round its weights, and let the first convolution work on image bytes in exact integers, which is faster; i8: store it smaller',
      ).choices(['i16', 'i8']),
    )
    .option('--calibrate <data>', `images to measure on what these three change: ${DATA_ARGUMENT}; default: noise`)
    .addOption(limitOption(`images of --calibrate (default ${CALIBRATION_IMAGES})`))
    .addOption(jsonOption())
    .action(convert);
}

/** A network in nodes, and what is said about it. */
interface Converted {
  readonly model: Model;
  readonly exact: Model;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
  /** What was converted, in a line. */
  readonly title: string;
  /** What `--json` says of its source. */
  readonly facts: Readonly<Record<string, unknown>>;
}

async function convert(path: string, options: Options): Promise<void> {
  if (await isFileOf('TensorFlow Lite', path)) await convertTfliteFile(path, options);
  else await convertCheckpointFile(path, options);
}

/** Packs a `.tflite` of Larq Compute Engine. */
async function convertTfliteFile(path: string, options: Options): Promise<void> {
  const odd = CHECKPOINT_OPTIONS.find((key) => options[key] !== undefined);
  if (odd !== undefined) {
    const flag = odd.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new SignwaveError(
      'E_USAGE',
      `${path} is a TensorFlow Lite model, which --${flag} says nothing about: leave it out`,
    );
  }
  const source = await openFileSource(path);
  try {
    await refuseOverwriting({
      outputs: { '--output': options.output },
      inputs: { 'the model': path, ...filesOf(options) },
      data: { '--calibrate': options.calibrate },
    });
    const { model, exact, notes } = convertTflite(await readTflite(source), {
      writer: WRITER,
      sourceSha256: await sha256([source]),
      ...(await sharedOptions(options)),
    });
    const title = `${model.info.method} ${model.info.architecture}`;
    await finish({ model, exact, notes, warnings: [], title, facts: { notes } }, options);
  } finally {
    await source.close();
  }
}

async function convertCheckpointFile(checkpointPath: string, options: Options): Promise<void> {
  const { checkpoint, sources, close } = await openCheckpointFile(checkpointPath, options);
  try {
    await refuseOverwriting({
      outputs: { '--output': options.output },
      inputs: {
        'the checkpoint': sources.map(({ name }) => name),
        'its config.txt': join(dirname(checkpointPath), 'config.txt'),
        ...filesOf(options),
      },
      data: { '--calibrate': options.calibrate },
    });
    const config =
      options.omega0 === undefined ? await readBiperConfig(checkpointPath, checkpoint, options.config) : undefined;
    const omega0 = options.omega0 ?? config?.omega0;
    announceProgram(options.arch);
    const { model, exact, match, ties, warnings } = await convertCheckpoint(checkpoint, {
      writer: WRITER,
      sourceSha256: await sha256(sources),
      ...(omega0 !== undefined && { omega0 }),
      ...(options.arch !== undefined && { arch: await readArch(options.arch) }),
      ...pickDefined(options, ['override']),
      ...(await sharedOptions(options)),
    });
    const omega0From = options.omega0 !== undefined ? '--omega0' : omega0 === undefined ? undefined : config?.path;
    const isStage1 =
      match.architecture.needsOmega0 && config?.isStage2 === false && config.path !== checkpointPath
        ? [`${config.path} is of stage 1: the weights were trained as sin(omega0 w), not yet as its sign`]
        : [];
    const { skipped } = match.checkpoint;
    await finish(
      {
        model,
        exact,
        notes: [
          ...skipped.map((line) => `left out ${line}`),
          ...(match.note === undefined ? [] : [match.note]),
          ...tieLines(ties),
        ],
        warnings: [...isStage1, ...warnings],
        title: `${model.info.method} ${model.info.architecture}, ${match.classes} classes${omega0From ? `, omega0 = ${omega0} (${omega0From})` : ''}`,
        facts: { omega0, omega0From, skipped, note: match.note, warnings, ties },
      },
      options,
    );
  } finally {
    await close();
  }
}

/** The options that mean the same for all sources. */
async function sharedOptions(options: Options) {
  const smaller = smallerOf(options);
  return {
    ...(options.labels !== undefined && { labels: await readLabels(options.labels) }),
    ...(options.preprocess !== undefined && { preprocess: await readPreprocess(options.preprocess) }),
    ...pickDefined(options, ['name', 'licence']),
    ...(Object.keys(smaller).length > 0 && { smaller }),
  };
}

const smallerOf = (options: Options): SmallerWeights => pickDefined(options, ['head', 'downsample', 'stem']);

/** Measures what smaller weights change, writes the model and says what was done. */
async function finish({ model, exact, notes, warnings, title, facts }: Converted, options: Options): Promise<void> {
  const images = await calibrationImages(exact, options);
  const effects = await measureSmaller(
    exact,
    smallerVariants(exact, smallerOf(options)),
    images,
    progressBar('measuring'),
  );
  const bytes = writeModel(model);
  await writeFileAtomic(options.output, bytes);
  for (const warning of warnings) printWarning(warning);
  const summary = summarize(model, bytes);
  if (options.json) {
    printJson({
      output: options.output,
      architecture: model.info.architecture,
      method: model.info.method,
      ...facts,
      ...(effects.length > 0 && { smaller: effects }),
      ...summary,
    });
    return;
  }
  for (const note of notes) printNote(note);
  printResult(
    `${options.output}: ${count(bytes.length)} bytes, ${(summary.float32Bytes / bytes.length).toFixed(1)}x smaller than its float32 weights (${count(summary.float32Bytes)} bytes)`,
  );
  printResult(`  ${title}`);
  for (const effect of effects) printResult(`  ${effectLine(effect)}`);
}

/** @throws {SignwaveError} `E_INPUT_SHAPE` if images were given to a model without a recipe; `E_DATA`, `E_IMAGE`. */
async function calibrationImages(
  { info, graph }: Model,
  { calibrate, limit = CALIBRATION_IMAGES }: Options,
): Promise<Images> {
  const input = graph.nodes[0] as InputNode;
  if (calibrate === undefined) return noiseImages(input, limit);
  if (!input.recipe) {
    throw new SignwaveError('E_INPUT_SHAPE', `${info.name} has no input recipe: --calibrate can't give it images`);
  }
  return openImageSample(calibrate, { limit, input, onRemark: printRemark });
}

/** The options that may name files to read. */
function filesOf({ arch, config, labels, preprocess }: Options): Record<string, string | undefined> {
  return { '--arch': arch, '--config': config, '--labels': labels, '--preprocess': preprocess };
}

function effectLine({ options, fileBytes, images, source, largestLogitChange, top1Changes }: SmallerEffect): string {
  const size = `${options}: ${count(fileBytes)} bytes`;
  if (images === 0) return `${size}; what it changes is unmeasured: the model has no input recipe (--preprocess)`;
  return `${size}; on ${images} images of ${source} the largest change of a logit is ${largestLogitChange.toPrecision(3)}, the first class changes on ${top1Changes}`;
}

/** The named properties that are defined; for a type whose properties may be absent but not undefined. */
function pickDefined<T extends object, K extends keyof T>(
  from: T,
  keys: readonly K[],
): { [P in K]?: NonNullable<T[P]> } {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as {
    [P in K]?: NonNullable<T[P]>;
  };
}
