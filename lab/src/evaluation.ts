import { SignwaveError } from '@signwave/format';
import { type Model, prepareImage } from '@signwave/runtime';
import { Confusion, type Mistake } from './confusion.js';
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
  /** Counts, by true class and then by predicted class; absent above 2,000 classes. */
  readonly confusion?: readonly (readonly number[])[];
  /** The most frequent mistakes first, at most 100. */
  readonly mistakes: readonly Mistake[];
  /** Mean time of one run, without decoding the image. */
  readonly msPerImage: number;
}

export interface EvaluateOptions {
  /** Whether the outputs of all images are wanted; default `false`. */
  readonly keepsOutputs?: boolean;
  readonly onProgress?: OnProgress;
}

/** A larger file of outputs can't be written in one piece. */
const MAX_OUTPUT_BYTES = 2 ** 31 - 1024;

/**
 * Runs a model on a sample of a data set whose labels are the model's classes.
 *
 * @returns the counts, and the outputs (images, classes) if they are kept.
 * @throws {SignwaveError} `E_INPUT_SHAPE` without an input recipe, `E_IMAGE` if no image can be decoded, `E_USAGE` if the outputs to keep take
 *   2 GiB or more.
 */
export async function evaluateOn(
  model: Model,
  sample: ImageSample,
  { keepsOutputs = false, onProgress = () => {} }: EvaluateOptions = {},
): Promise<{ evaluation: Evaluation; outputs: Float32Array | undefined }> {
  const { recipe, height, width } = model.input;
  if (!recipe)
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `${model.metadata.name} has no input recipe: eval can't turn images into its input`,
    );
  const classes = model.outputs;
  const outputBytes = sample.count * classes * Float32Array.BYTES_PER_ELEMENT;
  if (keepsOutputs && outputBytes > MAX_OUTPUT_BYTES)
    throw new SignwaveError(
      'E_USAGE',
      `the outputs of ${sample.count} images for ${classes} classes take ${outputBytes} bytes, at most ${MAX_OUTPUT_BYTES} can be kept: take fewer images`,
    );
  const outputs = keepsOutputs ? new Float32Array(outputBytes / Float32Array.BYTES_PER_ELEMENT) : undefined;
  const confusion = new Confusion(classes);
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
      outputs?.set(output, images * classes);
      images++;
      const predicted = argMax(output);
      confusion.add(label, predicted);
      if (predicted === label) top1++;
      if (model.rank(output).some(({ index }) => index === label)) top5++;
    }
    onProgress(n + 1, sample.count);
  }
  const undecodable = sample.end();
  const matrix = confusion.matrix();
  const { low, high } = wilsonInterval(top1, images);
  return {
    outputs: outputs?.subarray(0, images * classes),
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
      ...(matrix && { confusion: matrix }),
      mistakes: confusion.mistakes(),
      msPerImage: runMs / images,
    },
  };
}
