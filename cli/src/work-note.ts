import type { Model } from '@signwave/format';
import { summarize } from '@signwave/lab';
import { count, printNote } from './report/output.js';

/** Products that the reference computes in about a minute: it takes a second for the 1.8e9 of a ResNet-18 at 224 x 224. */
const A_MINUTE = 1e11;

/** Says how much work comparing with the reference is, if it takes longer than a minute. The work follows from shapes, so that a small file may take hours. */
export function noteWork(file: Model, bytes: Uint8Array, inputs: number): void {
  const { binaryMacs, floatMacs } = summarize(file, bytes);
  const products = binaryMacs + floatMacs;
  if (products * inputs < A_MINUTE) return;
  printNote(
    `the reference computes ${count(products)} products for each of ${inputs} inputs: about ${count(Math.ceil((products * inputs) / A_MINUTE))} minutes`,
  );
}
