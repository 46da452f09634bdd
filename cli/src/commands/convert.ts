import { convertCheckpoint, integerStem, RECIPE_NAMES } from '@signwave/convert';
import { writeModel } from '@signwave/format';
import { type Command, Option } from 'commander';
import { jsonOption, positiveNumber } from '../arguments.js';
import { writeFileAtomic } from '../data/atomic-write.js';
import { openCheckpointFile } from '../data/checkpoint-file.js';
import { readLabels } from '../data/labels.js';
import { readBiperConfig, sha256 } from '../files.js';
import { summarize } from '../report/model-summary.js';
import { count, printJson, printNote, printResult, printWarning } from '../report/output.js';
import { compareOnNoise } from '../stem-effect.js';
import { WRITER } from '../version.js';

interface Options {
  readonly output: string;
  readonly arch?: string;
  readonly omega0?: number;
  readonly config?: string;
  readonly labels?: string;
  readonly preprocess?: string;
  readonly name?: string;
  readonly licence?: string;
  readonly stem?: 'i16';
  readonly json?: boolean;
}

export function registerConvert(program: Command): void {
  program
    .command('convert')
    .description('pack a trained checkpoint into a model file with one bit per binary weight')
    .argument('<checkpoint>', 'PyTorch checkpoint (a zip archive written by torch.save), .safetensors or .index.json')
    .requiredOption('-o, --output <file>', 'model to write (.sgnw)')
    .option('--arch <name>', 'architecture, where it can’t be told from the tensors')
    .addOption(
      new Option('--omega0 <x>', 'BiPer’s frequency; default: the checkpoint’s metadata, or config.txt').argParser(
        positiveNumber,
      ),
    )
    .option('--config <file>', 'take omega0 from this config.txt; default: the one beside the checkpoint')
    .option('--labels <file>', 'class names: a line each, or a JSON array')
    .addOption(
      new Option('--preprocess <name>', 'input recipe; default: the architecture’s').choices([...RECIPE_NAMES]),
    )
    .option('--name <text>', 'name of the model')
    .option('--licence <text>', 'licence of the weights, written into the file')
    .addOption(
      new Option(
        '--stem <type>',
        'round the weights of the first convolution to 16 bits, so that it works on image bytes in exact integers: faster',
      ).choices(['i16']),
    )
    .addOption(jsonOption())
    .action(convert);
}

async function convert(checkpointPath: string, options: Options): Promise<void> {
  const { checkpoint, sources, close } = await openCheckpointFile(checkpointPath);
  try {
    const config =
      options.omega0 === undefined ? await readBiperConfig(checkpointPath, checkpoint, options.config) : undefined;
    const omega0 = options.omega0 ?? config?.omega0;
    const { model: converted, match } = await convertCheckpoint(checkpoint, {
      writer: WRITER,
      sourceSha256: await sha256(sources),
      ...(omega0 !== undefined && { omega0 }),
      ...(options.labels !== undefined && { labels: await readLabels(options.labels) }),
      ...pickDefined(options, ['arch', 'preprocess', 'name', 'licence']),
    });
    const model = options.stem ? { ...converted, graph: integerStem(converted.graph) } : converted;
    const bytes = writeModel(model);
    const stemEffect = options.stem && (await compareOnNoise(writeModel(converted), bytes));
    await writeFileAtomic(options.output, bytes);

    const omega0From = options.omega0 !== undefined ? '--omega0' : config?.path;
    if (match.architecture.needsOmega0 && config?.isStage2 === false) {
      printWarning(`${config.path} is of stage 1: the weights were trained as sin(omega0 w), not yet as its sign`);
    }
    const summary = summarize(model, bytes);
    if (options.json) {
      printJson({
        output: options.output,
        architecture: model.info.architecture,
        method: model.info.method,
        omega0,
        omega0From,
        skipped: checkpoint.skipped,
        stemEffect,
        ...summary,
      });
      return;
    }
    for (const line of checkpoint.skipped) printNote(`left out ${line}`);
    printResult(
      `${options.output}: ${count(bytes.length)} bytes, ${(summary.float32Bytes / bytes.length).toFixed(1)}x smaller than its float32 weights (${count(summary.float32Bytes)} bytes)`,
    );
    printResult(
      `  ${model.info.method} ${model.info.architecture}, ${match.classes} classes${omega0From ? `, omega0 = ${omega0} (${omega0From})` : ''}`,
    );
    if (stemEffect) {
      const { images, sameTop1, maxDifference, largestOutput } = stemEffect;
      printResult(
        `  16-bit stem: on ${images} images of noise the same first class on ${sameTop1}, an output differs by at most ${maxDifference.toPrecision(2)} (outputs reach ${largestOutput.toPrecision(2)})`,
      );
    }
  } finally {
    await close();
  }
}

/** The named properties that are there, for an object whose properties may be absent but not undefined. */
function pickDefined<T extends object, K extends keyof T>(
  from: T,
  keys: readonly K[],
): { [P in K]?: NonNullable<T[P]> } {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as {
    [P in K]?: NonNullable<T[P]>;
  };
}
