import { DATA_ARGUMENT } from '@signwave/data';
import { type InputNode, inferShapes, type Model as ModelFile, SignwaveError } from '@signwave/format';
import { prepareImage, type RasterImage } from '@signwave/runtime';
import type { Command } from 'commander';
import { jsonOption, limitOption } from '../arguments.js';
import { Comparison } from '../comparison.js';
import { openImageSample } from '../data/image-sample.js';
import { readModelFile } from '../files.js';
import { count, percent, printJson, printResult } from '../report/output.js';
import { Progress } from '../report/progress.js';
import { table } from '../report/table.js';

interface Options {
  readonly images: string;
  readonly limit?: number;
  readonly json?: boolean;
}

/** Few by default, because the reference takes about a second for a ResNet-18 image. */
const DEFAULT_IMAGES = 20;

export function registerCompare(program: Command): void {
  program
    .command('compare')
    .description('compare two models on images, layer by layer')
    .argument('<a>', 'model (.sgnw)')
    .argument('<b>', 'model (.sgnw)')
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
  });
  const comparison = new Comparison(a, b);
  const progress = new Progress('comparing', sample.count);
  for (let n = 0; n < sample.count; n++) {
    const item = await sample.read(n);
    if (item) comparison.check(inputOf(a, pathA, item.image), inputOf(b, pathB, item.image));
    progress.update(n + 1);
  }
  progress.end();
  sample.end();

  const { images, layers, unmatched, sameTop1, largestLogitDifference } = comparison;
  if (options.json) {
    printJson({ a: pathA, b: pathB, data: sample.name, images, sameTop1, largestLogitDifference, layers, unmatched });
    return;
  }
  printResult(`${pathA} and ${pathB} on ${images} images of ${sample.name}`);
  printResult(
    `  same first class on ${sameTop1} of ${images}, largest difference of a logit ${largestLogitDifference.toPrecision(3)}\n`,
  );
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
  if (unmatched.length > 0) printResult(`\nin one of them only, or of another shape: ${unmatched.join(', ')}`);
}

/** @throws {SignwaveError} `E_INPUT_SHAPE` if the model has no recipe. */
function inputOf({ info, graph }: ModelFile, path: string, image: RasterImage): Uint8Array {
  const { recipe, height, width } = graph.nodes[0] as InputNode;
  if (!recipe)
    throw new SignwaveError('E_INPUT_SHAPE', `${path} (${info.name}) has no input recipe: images can't be given to it`);
  return prepareImage(image, recipe, height, width);
}
