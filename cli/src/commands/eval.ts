import { SignwaveError } from '@signwave/format';
import { type KernelChoice, type Model, prepareImage } from '@signwave/runtime';
import type { Command } from 'commander';
import { jsonOption, kernelsOption, limitOption } from '../arguments.js';
import { writeFileAtomic } from '../data/atomic-write.js';
import { type Dataset, openDataset } from '../data/datasets.js';
import { writeNpy } from '../data/npy.js';
import { evaluationHtml } from '../report/evaluation-html.js';
import { percent, printJson, printNote, printResult } from '../report/output.js';
import { Progress } from '../report/progress.js';
import { table } from '../report/table.js';
import { argMax, wilsonInterval } from '../statistics.js';
import { loadModel } from './run.js';

interface Options {
  readonly limit?: number;
  readonly json?: boolean;
  readonly logits?: string;
  readonly report?: string;
  readonly kernels: KernelChoice;
}

export interface Evaluation {
  readonly model: string;
  readonly data: string;
  readonly images: number;
  readonly top1: number;
  readonly top5: number;
  /** Per cent, with Wilson's 95 % interval. */
  readonly top1Percent: number;
  readonly top1Low: number;
  readonly top1High: number;
  readonly top5Percent: number;
  readonly classNames: readonly string[];
  /** (true class, predicted class) counts. */
  readonly confusion: readonly (readonly number[])[];
  /** Mean time of one run, the decoding of images not included. */
  readonly msPerImage: number;
}

export function registerEval(program: Command): void {
  program
    .command('eval')
    .description('measure a model’s accuracy on labelled images')
    .argument('<model>', 'model (.sgnw)')
    .argument('<data>', 'cifar10:DIR, fashion-mnist:DIR, or a folder with a folder of images for each class')
    .addOption(limitOption('images'))
    .option('--logits <file>', 'write the outputs as float32 (N, classes) to an .npy file')
    .option('--report <file>', 'write an HTML page with the confusion matrix')
    .addOption(kernelsOption())
    .addOption(jsonOption())
    .action(evaluate);
}

async function evaluate(modelPath: string, spec: string, options: Options): Promise<void> {
  const model = await loadModel(modelPath, options.kernels);
  const dataset = await openDataset(spec);
  const { evaluation, logits } = await evaluateOn(model, dataset, options.limit ?? dataset.count);
  if (options.logits !== undefined) {
    await writeNpy(options.logits, { type: '<f4', shape: [evaluation.images, model.outputs], data: logits });
    printNote(`${options.logits}: float32 (${evaluation.images}, ${model.outputs})`);
  }
  if (options.report !== undefined) {
    await writeFileAtomic(options.report, new TextEncoder().encode(evaluationHtml(evaluation)));
    printNote(`${options.report}: report`);
  }
  if (options.json) printJson(evaluation);
  else printEvaluation(evaluation);
}

async function evaluateOn(
  model: Model,
  dataset: Dataset,
  limit: number,
): Promise<{ evaluation: Evaluation; logits: Float32Array }> {
  const { recipe, height, width } = model.input;
  if (!recipe)
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `${model.metadata.name} has no input recipe: eval can't turn images into its input`,
    );
  const classes = model.outputs;
  const images = Math.min(limit, dataset.count);
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const logits = new Float32Array(images * classes);
  const progress = new Progress('evaluating', images);
  let top1 = 0;
  let top5 = 0;
  let runMs = 0;
  for (let n = 0; n < images; n++) {
    const { image, label, name } = await dataset.read(n);
    if (label >= classes) {
      throw new SignwaveError(
        'E_DATA',
        `${name} has label ${label}, but ${model.metadata.name} has ${classes} classes: it's a model for other data`,
      );
    }
    const input = prepareImage(image, recipe, height, width);
    const startMs = performance.now();
    const output = model.run(input);
    runMs += performance.now() - startMs;
    logits.set(output, n * classes);
    const predicted = argMax(output);
    confusion[label]![predicted]!++;
    if (predicted === label) top1++;
    if (model.rank(output, 5).some(({ index }) => index === label)) top5++;
    progress.update(n + 1);
  }
  progress.end();
  const { low, high } = wilsonInterval(top1, images);
  const classNames =
    model.metadata.labels ?? dataset.classNames ?? Array.from({ length: classes }, (_, i) => `class ${i}`);
  return {
    logits,
    evaluation: {
      model: model.metadata.name,
      data: dataset.name,
      images,
      top1,
      top5,
      top1Percent: (100 * top1) / images,
      top1Low: low,
      top1High: high,
      top5Percent: (100 * top5) / images,
      classNames,
      confusion,
      msPerImage: runMs / images,
    },
  };
}

function printEvaluation(evaluation: Evaluation): void {
  const { images, top1, top5, top1Low, top1High, classNames, confusion } = evaluation;
  printResult(`${evaluation.model} on ${images} images of ${evaluation.data}`);
  printResult(
    `  top-1  ${percent(top1, images)}  (${top1} of ${images}; 95 % interval ${top1Low.toFixed(2)} to ${top1High.toFixed(2)} %)`,
  );
  printResult(`  top-5  ${percent(top5, images)}`);
  printResult(`  time   ${evaluation.msPerImage.toFixed(3)} ms per image`);
  if (classNames.length > 20) return;
  const rows = classNames.map((name, index) => {
    const row = confusion[index]!;
    const all = row.reduce((sum, n) => sum + n, 0);
    const others = row.map((n, i) => (i === index ? 0 : n));
    const worst = argMax(others);
    return [
      name,
      String(all),
      percent(row[index]!, all, 1),
      others[worst]! > 0 ? `${classNames[worst]} (${others[worst]})` : '-',
    ];
  });
  printResult('');
  printResult(
    table(
      [
        { title: 'class' },
        { title: 'images', align: 'right' },
        { title: 'right', align: 'right' },
        { title: 'most often taken for' },
      ],
      rows,
    ),
  );
}
