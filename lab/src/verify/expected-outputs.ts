import { SignwaveError } from '@signwave/format';
import type { NpyArray } from '../npy.js';
import { argMax } from '../statistics.js';

/**
 * Tolerance as a share of the largest output expected for an image. A different order of sums stays far below it; a flipped sign doesn't.
 */
const TOLERANCE = 1e-3;
/** Share of the images whose outputs may exceed the tolerance, because the order of sums occasionally decides a sign. */
const MOVED_PART = 0.1;
/** Share of the images that may get another first class. */
const FLIPPED_PART = 0.005;
/** If the two best outputs differ by less than this share of the largest, there is no clear first class. */
const NEAR_TOP1 = 0.01;

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

/** Compares a model's outputs with floats (N, classes) that another program computed. */
export class ExpectedOutputs {
  #images = 0;
  #sameTop1 = 0;
  #within = 0;
  #largestDifference = 0;

  readonly #data: Float32Array | Float64Array;
  readonly #outputs: number;

  /**
   * @param array of shape (inputs, outputs).
   * @param name what messages call the array.
   * @throws {SignwaveError} `E_NPY` if it holds NaN or infinity.
   */
  constructor({ data, shape }: NpyArray<'<f4' | '<f8'>, name: string) {
    this.#data = data;
    this.#outputs = shape[1]!;
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) return;
    const [input, output] = [Math.floor(bad / this.#outputs), bad % this.#outputs];
    throw new SignwaveError(
      'E_NPY',
      `${name}: the output expected for input ${input}, class ${output} is ${data[bad]}; expected a finite number`,
    );
  }

  /** Compares the outputs for input `n`. */
  check(n: number, found: Float32Array): void {
    const expected = this.#data.subarray(n * this.#outputs, (n + 1) * this.#outputs);
    let largest = 0;
    let difference = 0;
    for (let c = 0; c < this.#outputs; c++) {
      largest = Math.max(largest, Math.abs(expected[c]!));
      difference = Math.max(difference, Math.abs(expected[c]! - found[c]!));
    }
    const relative = difference === 0 ? 0 : difference / largest;
    const [first, second = Number.NEGATIVE_INFINITY] = [...expected].sort((a, b) => b - a);
    const isClear = first! - second > NEAR_TOP1 * largest;
    if (!isClear || argMax(found) === argMax(expected)) this.#sameTop1++;
    if (relative <= TOLERANCE) this.#within++;
    this.#largestDifference = Math.max(this.#largestDifference, relative);
    this.#images++;
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
      tolerance: TOLERANCE,
      largestDifference: this.#largestDifference,
    };
  }
}
