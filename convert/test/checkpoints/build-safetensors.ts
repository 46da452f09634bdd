// build-safetensors.ts — a writer of safetensors files, honest and hostile, for the tests of this folder.

import { bytes, u64 } from './build.js';

/** Header of a safetensors file as an object, or as text where JSON can't say it. */
type Header = Readonly<Record<string, unknown>> | string;

/** A file of a header and data. @param claimedBytes what the length field says instead of the header's length. */
export function safetensors(header: Header, data: Uint8Array = new Uint8Array(), claimedBytes?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  return bytes(u64(claimedBytes ?? text.length), text, data);
}

/** The header's words for a tensor. */
export function entry(dtype: string, shape: readonly number[], startBytes: number, endBytes: number) {
  return { dtype, shape, data_offsets: [startBytes, endBytes] };
}

export interface FloatTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** An honest file of float32 tensors, one after the other. */
export function floatFile(
  tensors: ReadonlyMap<string, FloatTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, { shape, values }] of tensors) {
    header[name] = entry('F32', shape, at, at + values.byteLength);
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    at += values.byteLength;
  }
  return safetensors(header, bytes(...parts));
}
