import { DATA_ARGUMENT } from '@signwave/data';
import { type InputNode, inferShapes, SignwaveError } from '@signwave/format';
import { compareModels, describeSignDifference } from '@signwave/lab';
import { DEFAULT_IMAGES, openImageSample, readModelFile } from '@signwave/lab/node';
import type { Command } from 'commander';
import { jsonOption, limitOption, modelArgument } from '../arguments.js';
import { count, percent, printJson, printRemark, printResult } from '../report/output.js';
import { progressBar } from '../report/progress.js';
import { table } from '../report/table.js';

interface Options {
  readonly images: string;
  readonly limit?: number;
  readonly json?: boolean;
}

export function registerCompare(program: Command): void {
  program
    .command('compare')
    .description('compare two models on images, layer by layer')
    .addArgument(modelArgument('<a>'))
    .addArgument(modelArgument('<b>'))
    .requiredOption('--images <data>', DATA_ARGUMENT)
    .addOption(limitOption(`images (default ${DEFAULT_IMAGES})`))
    .addOption(jsonOption())
    .action(compare);
}

async function compare(pathA: string, pathB: string, options: Options): Promise<void> {
  const { model: a } = await readModelFile(pathA);
  const { model: b } = await readModelFile(pathB);
  const [classesA, classesB] = [a, b].map(({ graph }) => inferShapes(graph).at(-1)!.channels);
  if (classesA !== classesB) {
    throw new SignwaveError(
      'E_USAGE',
      `${pathA} has ${classesA} classes and ${pathB} has ${classesB}: nothing to compare`,
    );
  }
  const sample = await openImageSample(options.images, {
    limit: options.limit ?? DEFAULT_IMAGES,
    input: a.graph.nodes[0] as InputNode,
    onRemark: printRemark,
  });
  const { images, layers, unmatched, sameTop1, largestLogitDifference } = await compareModels(
    { name: pathA, file: a },
    { name: pathB, file: b },
    sample,
    progressBar('comparing'),
  );
  if (options.json) {
    printJson({ a: pathA, b: pathB, data: sample.name, images, sameTop1, largestLogitDifference, layers, unmatched });
    return;
  }
  printResult(`${pathA} and ${pathB} on ${images} images of ${sample.name}`);
  printResult(
    `  same first class on ${sameTop1} of ${images}, largest difference of a logit ${largestLogitDifference.toPrecision(3)}`,
  );
  printResult('');
  printResult(
    table(
      [
        { title: 'layer' },
        { title: 'bits', align: 'right' },
        { title: 'differ', align: 'right' },
        { title: 'share', align: 'right' },
        { title: 'largest difference', align: 'right' },
      ],
      layers.map(({ name, bits, differingBits, largestDifference }) => [
        name,
        bits === 0 ? '-' : count(bits),
        bits === 0 ? '-' : count(differingBits),
        percent(differingBits, bits),
        largestDifference.toPrecision(3),
      ]),
    ),
  );
  const first = layers.find(({ differingBits }) => differingBits > 0);
  if (first) {
    const difference = { differing: first.differingBits, of: first.bits, farthest: first.farthestFromThreshold };
    printResult(['', `the first layer that differs is ${first.name}: ${describeSignDifference(difference)}`]);
  }
  if (unmatched.length > 0) {
    printResult(['', `in one of them only, or of another shape: ${unmatched.join(', ')}`]);
  }
}
