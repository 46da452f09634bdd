import { SignwaveError } from '@signwave/format';
import { type Model, prepareImage } from '@signwave/runtime';
import type { Dataset } from './data/datasets.js';
import { Progress } from './report/progress.js';
import { argMax, wilsonInterval } from './statistics.js';

/** How often a model is right on labelled images. */
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

/**
 * Run a model on the first `limit` images of a data set.
 *
 * @returns the counts, and the outputs (images, classes).
 * @throws {SignwaveError} `E_INPUT_SHAPE` without an input recipe, `E_DATA` for labels that the model doesn't have.
 */
export async function evaluateOn(
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
    if (model.rank(output).some(({ index }) => index === label)) top5++;
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
