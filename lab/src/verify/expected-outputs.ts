import { SignwaveError } from '@signwave/format';
import type { NpyArray } from '../npy.js';
import { argMax, softmax } from '../statistics.js';

/**
 * Tolerance as a share of the largest output expected for an image. A different order of sums stays far below it; a flipped sign doesn't.
 */
const TOLERANCE = 1e-3;
/** How far the sum of probabilities may be from 1. */
const NEAR_ONE = 1e-3;
/** Share of the images whose outputs may exceed the tolerance, because the order of sums occasionally decides a sign. */
const MOVED_PART = 0.1;
/** Share of the images that may get another first class. */
const FLIPPED_PART = 0.005;
/** If the two best outputs differ by less than this share of the largest, there is no clear first class. */
const NEAR_TOP1 = 0.01;

/** Types of arrays that outputs may be stored as. */
export const EXPECTED_TYPES = ['<f4', '<f8', '<i2', '<i4'] as const;
type ExpectedType = (typeof EXPECTED_TYPES)[number];

/** How outputs compare with outputs that another program computed. */
export interface ExpectedVerdict {
  readonly isOk: boolean;
  readonly images: number;
  /** Number of images with the expected first class, or without a clear one. */
  readonly sameTop1: number;
  /** Number of images whose outputs are all within the tolerance. */
  readonly within: number;
  readonly tolerance: number;
  /** The largest difference of an output, as a share of the largest output expected for its image. */
  readonly largestDifference: number;
}

/**
 * Compares a model's outputs with those that another program computed. Where these are probabilities and the model gives logits, as a network
 * of which a converter left the softmax out, the probabilities of its logits are compared, by what the difference is of the largest logit.
 */
export class ExpectedOutputs {
  #images = 0;
  #sameTop1 = 0;
  #within = 0;
  #largestDifference = 0;

  readonly #data: NpyArray<ExpectedType>['data'];
  readonly #outputs: number;
  readonly #tolerance: number;
  readonly #areProbabilities: boolean;

  /**
   * @param array of shape (inputs, outputs), or (inputs, height, width, channels).
   * @param name what messages call the array.
   * @param tolerance a share of the largest output expected for an image.
   * @throws {SignwaveError} `E_NPY` if it holds NaN or infinity.
   */
  constructor({ data, shape }: NpyArray<ExpectedType>, name: string, tolerance = TOLERANCE) {
    this.#data = data;
    this.#outputs = data.length / shape[0]!;
    this.#tolerance = tolerance;
    this.#areProbabilities = Array.from({ length: shape[0]! }, (_, n) => this.#of(n)).every(areProbabilities);
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) return;
    const [input, output] = [Math.floor(bad / this.#outputs), bad % this.#outputs];
    throw new SignwaveError(
      'E_NPY',
      `${name}: the output expected for input ${input}, class ${output} is ${data[bad]}; expected a finite number`,
    );
  }

  /** Compares the outputs for input `n`. */
  check(n: number, outputs: Float32Array): void {
    const expected = this.#of(n);
    const areLogits = this.#areProbabilities && !areProbabilities(outputs);
    const found = areLogits ? softmax(outputs) : outputs;
    // A probability changes by as much of itself as its logit changes: what is a small part of large logits is a larger one of it.
    const scale = areLogits ? outputs.reduce((most, logit) => Math.max(most, Math.abs(logit)), 1) : 1;
    let largest = 0;
    let difference = 0;
    for (let c = 0; c < this.#outputs; c++) {
      largest = Math.max(largest, Math.abs(expected[c]!));
      difference = Math.max(difference, Math.abs(expected[c]! - found[c]!));
    }
    const relative = difference === 0 ? 0 : difference / largest / scale;
    const [first, second = Number.NEGATIVE_INFINITY] = [...expected].sort((a, b) => b - a);
    const isClear = first! - second > NEAR_TOP1 * largest;
    if (!isClear || argMax(found) === argMax(expected)) this.#sameTop1++;
    if (relative <= this.#tolerance) this.#within++;
    this.#largestDifference = Math.max(this.#largestDifference, relative);
    this.#images++;
  }

  #of(n: number): NpyArray<ExpectedType>['data'] {
    return this.#data.subarray(n * this.#outputs, (n + 1) * this.#outputs);
  }

  get verdict(): ExpectedVerdict {
    const images = this.#images;
    return {
      isOk:
        images - this.#within <= Math.floor(MOVED_PART * images) &&
        images - this.#sameTop1 <= Math.floor(FLIPPED_PART * images),
      images,
      sameTop1: this.#sameTop1,
      within: this.#within,
      tolerance: this.#tolerance,
      largestDifference: this.#largestDifference,
    };
  }
}

function areProbabilities(values: ArrayLike<number>): boolean {
  const all = Array.from(values);
  const sum = all.reduce((total, value) => total + value, 0);
  return all.length > 1 && Math.abs(sum - 1) <= NEAR_ONE && all.every((value) => value >= 0);
}
