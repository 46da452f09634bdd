import { SignwaveError } from '@signwave/format';
import type { NpyArray } from '../npy.js';
import { argMax } from '../statistics.js';

/** Of the largest output expected for an image; another order of sums stays far below it, a sign that falls the other way doesn't. */
const TOLERANCE = 1e-3;
/** Part of the images that may have outputs beyond it: now and then another order of sums decides a sign. */
const MOVED_PART = 0.1;
/** Part of the images that may have another first class. */
const FLIPPED_PART = 0.005;
/** Two best outputs nearer than this part of the largest have no first class to speak of. */
const NEAR_TOP1 = 0.01;

/** How outputs compare with those that somebody else computed. */
export interface ExpectedVerdict {
  readonly isOk: boolean;
  readonly images: number;
  /** Images with the expected first class, or with no clear one. */
  readonly sameTop1: number;
  /** Images whose outputs are all within the tolerance. */
  readonly within: number;
  readonly tolerance: number;
  /** The largest difference of an output, as a part of the largest output expected for its image. */
  readonly largestDifference: number;
}

/** Outputs recorded elsewhere, float (N, classes), and how a model's compare with them. */
export class ExpectedOutputs {
  #images = 0;
  #sameTop1 = 0;
  #within = 0;
  #largestDifference = 0;

  readonly #data: Float32Array | Float64Array;
  readonly #outputs: number;

  /**
   * @param array of shape (inputs, outputs). @param name what messages call it.
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

  /** Compare the outputs for input `n`. */
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
