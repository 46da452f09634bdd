import { checkLabelCount, DATA_ARGUMENT } from '@signwave/data';
import { SignwaveError } from '@signwave/format';
import { evaluateOn, parseShard, type Shard } from '@signwave/lab';
import { evaluateShare, type FinishedPart, openImageSample, readLabels, writeNpy } from '@signwave/lab/node';
import type { KernelChoice } from '@signwave/runtime';
import type { Command } from 'commander';
import { jsonOption, kernelsOption, limitOption, modelArgument, threadsOption } from '../arguments.js';
import { loadModel } from '../load-model.js';
import { refuseOverwriting } from '../output-guard.js';
import { giveEvaluation } from '../report/evaluation.js';
import { count, printNote, printRemark } from '../report/output.js';
import { progressBar } from '../report/progress.js';

interface Options {
  readonly limit?: number;
  readonly labels?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly logits?: string;
  readonly report?: string;
  readonly out?: string;
  readonly shard?: string;
  readonly gzip?: boolean;
  readonly kernels: KernelChoice;
  readonly threads: number | 'auto';
}

export function registerEval(program: Command): void {
  program
    .command('eval')
    .description('measure a model’s accuracy on labelled images')
    .addArgument(modelArgument('<model>'))
    .argument('<data>', DATA_ARGUMENT)
    .addOption(limitOption('images'))
    .option('--labels <file>', 'class names in the model’s order, in place of its own: they say which folder is which')
    .option('--strict', 'refuse images that can’t be decoded, which are left out otherwise')
    .option('--logits <file>', 'write the outputs as float32 (N, classes) to an .npy file')
    .option('--report <file>', 'write an HTML page with the confusion matrix')
    .option('--out <folder>', 'write what became of each image into a part in this folder, which merge counts')
    .option('--shard <i/n>', 'with --out: evaluate this share of the images; auto: the one that a scheduler gives')
    .option('--gzip', 'with --out: pack the part')
    .addOption(kernelsOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(evaluate);
}

async function evaluate(modelPath: string, spec: string, options: Options): Promise<void> {
  const shard = shardOf(options);
  await refuseOverwriting({
    outputs: { '--logits': options.logits, '--report': options.report },
    folders: { '--out': options.out },
    inputs: { 'the model': modelPath, '--labels': options.labels },
    data: { 'the data': spec },
  });
  const { model, sha256 } = await loadModel(modelPath, options);
  const labels = options.labels === undefined ? model.metadata.labels : await readLabels(options.labels);
  if (labels) checkLabelCount(labels, model.outputs);
  const sample = await openImageSample(spec, {
    limit: options.limit,
    input: model.input,
    model: { count: model.outputs, labels },
    isStrict: options.strict ?? false,
    onRemark: printRemark,
  });
  const onProgress = progressBar('evaluating');
  if (shard) {
    const share = { shard, modelHash: await sha256(), labels, folder: options.out!, isPacked: options.gzip ?? false };
    sayFinished(await evaluateShare(model, sample, { ...share, onProgress }), options);
    return;
  }
  const { evaluation, outputs } = await evaluateOn(model, sample, {
    keepsOutputs: options.logits !== undefined,
    onProgress,
  });
  if (options.logits !== undefined && outputs) {
    await writeNpy(options.logits, { type: '<f4', shape: [evaluation.images, model.outputs], data: outputs });
    printNote(`${options.logits}: float32 (${evaluation.images}, ${model.outputs})`);
  }
  await giveEvaluation(evaluation, options);
}

/** The share that is asked for; undefined if it is all of the data. @throws {SignwaveError} `E_USAGE` for options that don't go together. */
function shardOf({ out, shard, gzip, json, report, logits }: Options): Shard | undefined {
  const refuse = (message: string): never => {
    throw new SignwaveError('E_USAGE', message);
  };
  if (out === undefined) {
    if (shard === undefined && !gzip) return undefined;
    return refuse(`${shard === undefined ? '--gzip' : '--shard'} needs --out, the folder for the parts`);
  }
  if (json || report !== undefined)
    refuse(`${json ? '--json' : '--report'} belongs to signwave merge ${out}, which has the figures of all shares`);
  if (logits !== undefined)
    refuse('--logits is for all of the data: of a share, run --manifest --give logits gives the outputs');
  return parseShard(shard ?? '1/1', process.env);
}

/** @throws {SignwaveError} `E_IMAGE` if the part was there, with images that `--strict` would have refused. */
function sayFinished({ path, end, wasThere }: FinishedPart, { strict }: Options): void {
  const { lines, errors } = end;
  if (strict && errors > 0) {
    throw new SignwaveError(
      'E_IMAGE',
      `${path} was there: ${count(errors)} of its ${count(lines)} images can't be decoded; repair them, remove it and run its share again`,
    );
  }
  const left = errors > 0 ? `, ${count(errors)} of them can't be decoded` : '';
  printNote(`${path} ${wasThere ? 'was there' : 'is written'}: ${count(lines)} images${left}`);
}
