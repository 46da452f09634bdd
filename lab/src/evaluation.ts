import { Confusion, type Mistake } from './confusion.js';
import type { Undecodable } from './image-sample.js';
import { wilsonInterval } from './statistics.js';

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

/** What an evaluation is about, whatever comes out. */
export interface EvaluationSubject extends Pick<Evaluation, 'model' | 'data' | 'available' | 'sample' | 'classNames'> {
  /** Number of the model's classes. */
  readonly classes: number;
  /** Number of images in the sample. */
  readonly count: number;
}

/** What became of an image: what the model said, or why it couldn't be asked. */
export type Outcome = {
  /** Position of the image in the data set, from 0. */
  readonly index: number;
} & (
  | {
      readonly label: number;
      /** The likeliest class. */
      readonly predicted: number;
      /** Whether the label is one of the five likeliest classes. */
      readonly isInTop5: boolean;
    }
  | { readonly name: string; readonly error: { readonly code: 'E_IMAGE'; readonly message: string } }
);

/** Counts outcomes, in the order of the sample. Memory grows with the kinds of mistakes and with images that can't be decoded. */
export class Tally {
  readonly #subject: EvaluationSubject;
  readonly #confusion: Confusion;
  readonly #undecodable: Undecodable[] = [];
  #images = 0;
  #top1 = 0;
  #top5 = 0;

  constructor(subject: EvaluationSubject) {
    this.#subject = subject;
    this.#confusion = new Confusion(subject.classes);
  }

  /** Number of images that the model was asked about. */
  get images(): number {
    return this.#images;
  }

  get undecodable(): readonly Undecodable[] {
    return this.#undecodable;
  }

  add(outcome: Outcome): void {
    if ('error' in outcome) {
      this.#undecodable.push({ name: outcome.name, reason: outcome.error.message });
      return;
    }
    const { label, predicted, isInTop5 } = outcome;
    this.#images++;
    this.#confusion.add(label, predicted);
    if (predicted === label) this.#top1++;
    if (isInTop5) this.#top5++;
  }

  /** @param runMs time of all runs of the model together. */
  evaluation(runMs: number): Evaluation {
    const { model, data, available, sample, classNames } = this.#subject;
    const images = this.#images;
    const [top1, top5] = [this.#top1, this.#top5];
    const confusion = this.#confusion.matrix();
    const { low, high } = wilsonInterval(top1, images);
    return {
      model,
      data,
      images,
      available,
      sample,
      undecodable: this.#undecodable,
      top1,
      top5,
      top1Percent: (100 * top1) / images,
      top1Low: low,
      top1High: high,
      top5Percent: (100 * top5) / images,
      classNames,
      ...(confusion && { confusion }),
      mistakes: this.#confusion.mistakes(),
      msPerImage: runMs / images,
    };
  }
}
