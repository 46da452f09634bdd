import { load } from '@signwave/runtime';
import { argMax } from './statistics.js';

/** What rounding the stem does to the outputs of a model. */
export interface StemEffect {
  readonly images: number;
  /** Images on which both have the same first class. */
  readonly sameTop1: number;
  readonly maxDifference: number;
  /** The largest magnitude of an output of the model before. */
  readonly largestOutput: number;
}

const IMAGES = 20;

/** Run two models (.sgnw) on the same images of random bytes. */
export async function compareOnNoise(before: Uint8Array, after: Uint8Array): Promise<StemEffect> {
  const [first, second] = [await load(before), await load(after)];
  const { height, width, channels } = first.input;
  let state = 1;
  const effect = { images: IMAGES, sameTop1: 0, maxDifference: 0, largestOutput: 0 };
  for (let n = 0; n < IMAGES; n++) {
    const image = Uint8Array.from({ length: height * width * channels }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    });
    const [a, b] = [first.run(image), second.run(image)];
    if (argMax(a) === argMax(b)) effect.sameTop1++;
    a.forEach((value, i) => {
      effect.maxDifference = Math.max(effect.maxDifference, Math.abs(value - b[i]!));
      effect.largestOutput = Math.max(effect.largestOutput, Math.abs(value));
    });
  }
  first.dispose();
  second.dispose();
  return effect;
}
