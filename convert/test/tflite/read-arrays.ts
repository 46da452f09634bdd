import { readFileSync } from 'node:fs';
import { bytesSource } from '@signwave/format';
import { readNpyHeader } from '../../src/checkpoints/npy-header.js';
import { readTflite, type TfliteModel } from '../../src/tflite/read-tflite.js';

/** Reads a `.tflite` of this path, which messages call by its last folder. */
export function readModelAt(path: string): Promise<TfliteModel> {
  return readTflite(bytesSource(new Uint8Array(readFileSync(path)), path.split('/').slice(-2).join('/')));
}

/** The elements of an `.npy` of bytes, 16-bit or float32 numbers, and its shape. */
export function readArray(path: string): {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int16Array | Float32Array;
} {
  const bytes = new Uint8Array(readFileSync(path));
  const { header, dataOffset } = readNpyHeader(bytes);
  const data = bytes.slice(dataOffset).buffer;
  const { shape, descr } = header;
  if (descr === '|u1') return { shape, data: new Uint8Array(data) };
  return { shape, data: descr === '<i2' ? new Int16Array(data) : new Float32Array(data) };
}
