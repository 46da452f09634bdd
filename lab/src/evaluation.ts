import { SignwaveError } from '@signwave/format';
import { type Model, prepareImage } from '@signwave/runtime';
import type { ImageSample, Undecodable } from './image-sample.js';
import type { OnProgress } from './progress.js';
import { argMax, wilsonInterval } from './statistics.js';

/** How often a model is right on labelled images. */
export interface Evaluation {
  readonly model: string;
  readonly data: string;
  /** Number of images that the figures are about; images that can't be decoded don't count. */
  readonly images: number;
  /** Number of images in the data set. */
  readonly available: number;
  /** Which images were used: "20 of 100 images, evenly over 10 classes, seed 0". */
  readonly sample: string;
  readonly undecodable: readonly Undecodable[];
  readonly top1: number;
  readonly top5: number;
  /** In per cent, with Wilson's 95 % interval. */
  readonly top1Percent: number;
  readonly top1Low: number;
  readonly top1High: number;
  readonly top5Percent: number;
  readonly classNames: readonly string[];
  /** Counts, by true class and then by predicted class. */
  readonly confusion: readonly (readonly number[])[];
  /** Mean time of one run, without decoding the image. */
  readonly msPerImage: number;
}

/**
 * Runs a model on a sample of a data set whose labels are the model's classes.
 *
 * @returns the counts, and the outputs (images, classes).
 * @throws {SignwaveError} `E_INPUT_SHAPE` without an input recipe, `E_IMAGE` if no image can be decoded.
 */
export async function evaluateOn(
  model: Model,
  sample: ImageSample,
  onProgress: OnProgress = () => {},
): Promise<{ evaluation: Evaluation; logits: Float32Array }> {
  const { recipe, height, width } = model.input;
  if (!recipe)
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `${model.metadata.name} has no input recipe: eval can't turn images into its input`,
    );
  const classes = model.outputs;
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const logits = new Float32Array(sample.count * classes);
  let images = 0;
  let top1 = 0;
  let top5 = 0;
  let runMs = 0;
  for (let n = 0; n < sample.count; n++) {
    const item = await sample.read(n);
    if (item) {
      const { image, label } = item;
      const input = prepareImage(image, recipe, height, width);
      const startMs = performance.now();
      const output = model.run(input);
      runMs += performance.now() - startMs;
      logits.set(output, images++ * classes);
      const predicted = argMax(output);
      confusion[label]![predicted]!++;
      if (predicted === label) top1++;
      if (model.rank(output).some(({ index }) => index === label)) top5++;
    }
    onProgress(n + 1, sample.count);
  }
  const undecodable = sample.end();
  const { low, high } = wilsonInterval(top1, images);
  return {
    logits: logits.subarray(0, images * classes),
    evaluation: {
      model: model.metadata.name,
      data: sample.name,
      images,
      available: sample.available,
      sample: sample.description,
      undecodable,
      top1,
      top5,
      top1Percent: (100 * top1) / images,
      top1Low: low,
      top1High: high,
      top5Percent: (100 * top5) / images,
      classNames: sample.classNames,
      confusion,
      msPerImage: runMs / images,
    },
  };
}
