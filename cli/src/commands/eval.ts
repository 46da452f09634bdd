import { checkLabelCount, DATA_ARGUMENT } from '@signwave/data';
import { writeFileAtomic } from '@signwave/data/node';
import { argMax, type Evaluation, evaluateOn } from '@signwave/lab';
import { openImageSample, readLabels, writeNpy } from '@signwave/lab/node';
import type { KernelChoice } from '@signwave/runtime';
import type { Command } from 'commander';
import { jsonOption, kernelsOption, limitOption, modelArgument, threadsOption } from '../arguments.js';
import { loadModel } from '../load-model.js';
import { refuseOverwriting } from '../output-guard.js';
import { evaluationHtml } from '../report/evaluation-html.js';
import { percent, printJson, printNote, printRemark, printResult } from '../report/output.js';
import { progressBar } from '../report/progress.js';
import { table } from '../report/table.js';

interface Options {
  readonly limit?: number;
  readonly labels?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly logits?: string;
  readonly report?: string;
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
    .addOption(kernelsOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(evaluate);
}

async function evaluate(modelPath: string, spec: string, options: Options): Promise<void> {
  await refuseOverwriting({
    outputs: { '--logits': options.logits, '--report': options.report },
    inputs: { 'the model': modelPath, '--labels': options.labels },
    data: { 'the data': spec },
  });
  const { model } = await loadModel(modelPath, options);
  const labels = options.labels === undefined ? model.metadata.labels : await readLabels(options.labels);
  if (labels) checkLabelCount(labels, model.outputs);
  const sample = await openImageSample(spec, {
    limit: options.limit,
    input: model.input,
    model: { count: model.outputs, labels },
    isStrict: options.strict ?? false,
    onRemark: printRemark,
  });
  const { evaluation, outputs } = await evaluateOn(model, sample, {
    keepsOutputs: options.logits !== undefined,
    onProgress: progressBar('evaluating'),
  });
  if (options.logits !== undefined && outputs) {
    await writeNpy(options.logits, { type: '<f4', shape: [evaluation.images, model.outputs], data: outputs });
    printNote(`${options.logits}: float32 (${evaluation.images}, ${model.outputs})`);
  }
  if (options.report !== undefined) {
    await writeFileAtomic(options.report, new TextEncoder().encode(evaluationHtml(evaluation)));
    printNote(`${options.report}: report`);
  }
  if (options.json) printJson(evaluation);
  else printEvaluation(evaluation);
}

function printEvaluation(evaluation: Evaluation): void {
  const { images, top1, top5, top1Low, top1High, classNames, confusion } = evaluation;
  printResult(`${evaluation.model} on ${images} images of ${evaluation.data}`);
  printResult(
    `  top-1  ${percent(top1, images)}  (${top1} of ${images}; 95 % interval ${top1Low.toFixed(2)} to ${top1High.toFixed(2)} %)`,
  );
  printResult(`  top-5  ${percent(top5, images)}`);
  if (images < evaluation.available) printResult(`  sample ${evaluation.sample}`);
  printResult(`  time   ${evaluation.msPerImage.toFixed(3)} ms per image`);
  if (classNames.length > 20 || !confusion) return;
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
