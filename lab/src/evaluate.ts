import { SignwaveError } from '@signwave/format';
import { type Model, prepareImage } from '@signwave/runtime';
import { type Evaluation, type EvaluationSubject, type Outcome, Tally } from './evaluation.js';
import type { ImageSample } from './image-sample.js';
import type { OnProgress } from './progress.js';
import { argMax } from './statistics.js';

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
  { keepsOutputs = false, onProgress }: EvaluateOptions = {},
): Promise<{ evaluation: Evaluation; outputs: Float32Array | undefined }> {
  const runs = runImages(model, sample, 0, sample.count, onProgress);
  const classes = model.outputs;
  const outputBytes = sample.count * classes * Float32Array.BYTES_PER_ELEMENT;
  if (keepsOutputs && outputBytes > MAX_OUTPUT_BYTES)
    throw new SignwaveError(
      'E_USAGE',
      `the outputs of ${sample.count} images for ${classes} classes take ${outputBytes} bytes, at most ${MAX_OUTPUT_BYTES} can be kept: take fewer images`,
    );
  const outputs = keepsOutputs ? new Float32Array(outputBytes / Float32Array.BYTES_PER_ELEMENT) : undefined;
  const tally = new Tally(subjectOf(model, sample));
  let runMs = 0;
  for await (const { outcome, output, ms } of runs) {
    outputs?.set(output, tally.images * classes);
    tally.add(outcome);
    runMs += ms;
  }
  sample.end();
  return { evaluation: tally.evaluation(runMs), outputs: outputs?.subarray(0, tally.images * classes) };
}

export function subjectOf(model: Model, sample: ImageSample): EvaluationSubject {
  return {
    model: model.metadata.name,
    data: sample.name,
    available: sample.available,
    sample: sample.description,
    classNames: sample.classNames,
    classes: model.outputs,
    count: sample.count,
  };
}

/** A run of a model on an image. */
export interface ImageRun {
  readonly outcome: Outcome;
  /** Empty for an image that can't be decoded. */
  readonly output: ArrayLike<number>;
  /** Time of the run, without decoding the image. */
  readonly ms: number;
}

/**
 * Runs a model on the images `from` to `to` - 1 of a sample, one at a time.
 *
 * @throws {SignwaveError} `E_INPUT_SHAPE` without an input recipe, at once; what reading the sample throws.
 */
export function runImages(
  model: Model,
  sample: ImageSample,
  from: number,
  to: number,
  onProgress: OnProgress = () => {},
): AsyncGenerator<ImageRun> {
  const { recipe, height, width } = model.input;
  if (!recipe)
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `${model.metadata.name} has no input recipe: eval can't turn images into its input`,
    );
  async function* runs(): AsyncGenerator<ImageRun> {
    for (let n = from; n < to; n++) {
      const item = await sample.tryRead(n);
      if ('image' in item) {
        const input = prepareImage(item.image, recipe!, height, width);
        const startMs = performance.now();
        const output = model.run(input);
        const ms = performance.now() - startMs;
        yield { outcome: outcomeOf(model, item.index, item.label, output), output, ms };
      } else {
        const { index, name, reason } = item;
        yield { outcome: { index, name, error: { code: 'E_IMAGE', message: reason } }, output: [], ms: 0 };
      }
      onProgress(n + 1 - from, to - from);
    }
  }
  return runs();
}

function outcomeOf(model: Model, index: number, label: number, output: Float32Array): Outcome {
  const isInTop5 = model.rank(output).some((it) => it.index === label);
  return { index, label, predicted: argMax(output), isInTop5 };
}
