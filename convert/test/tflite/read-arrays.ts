import { readFileSync } from 'node:fs';
import { bytesSource } from '@signwave/format';
import { readNpyHeader } from '../../src/checkpoints/npy-header.js';
import { readTflite, type TfliteModel } from '../../src/tflite/read-tflite.js';

/** Reads a `.tflite`, which messages call by its folder and its name. */
export function readModelAt(path: string): Promise<TfliteModel> {
  return readTflite(bytesSource(new Uint8Array(readFileSync(path)), path.split('/').slice(-2).join('/')));
}

export interface TestArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int16Array | Int32Array | Float32Array;
}

/** Reads an `.npy` of bytes, 16-bit or 32-bit whole numbers, or float32. */
export const readArray = (path: string): TestArray => arrayOf(new Uint8Array(readFileSync(path)));

function arrayOf(bytes: Uint8Array): TestArray {
  const { header, dataOffset } = readNpyHeader(bytes);
  const { shape, descr } = header;
  const data = bytes.slice(dataOffset).buffer;
  switch (descr) {
    case '|u1':
      return { shape, data: new Uint8Array(data) };
    case '<i2':
      return { shape, data: new Int16Array(data) };
    case '<i4':
      return { shape, data: new Int32Array(data) };
    case '<f4':
      return { shape, data: new Float32Array(data) };
    default:
      throw new Error(`an array of ${descr}`);
  }
}

/** Probabilities of logits, in binary64. */
export function softmaxOf(logits: Float32Array): Float32Array {
  const largest = Math.max(...logits);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((total, it) => total + it, 0);
  return Float32Array.from(exponentials, (it) => it / sum);
}

/** The largest difference, as a part of the largest output. */
export function worstDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) throw new Error(`${found.length} outputs, expected ${expected.length}`);
  let [worst, largest] = [0, 0];
  for (let i = 0; i < found.length; i++) {
    worst = Math.max(worst, Math.abs(found[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return worst === 0 ? 0 : worst / largest;
}
