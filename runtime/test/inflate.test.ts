import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { seededInts } from '../../convert/test/checkpoints/build.js';
import { inflate } from '../src/inflate.js';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const random = seededInts(1);
const TEXTS: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'a byte': Buffer.of(7),
  'a long run': Buffer.alloc(100_000, 'a'),
  'text with matches near and far': Buffer.from(
    Array.from({ length: 20_000 }, () => ['one', 'two', 'three', 'x'.repeat(300)][random(4)]).join(''),
  ),
  'bytes that can’t be packed': Buffer.from(Array.from({ length: 70_000 }, () => random(256))),
};

describe.each(Object.entries(TEXTS))('inflate, of %s', (_, text) => {
  test.each([
    ['stored', { level: 0 }],
    ['by the fixed code', { strategy: constants.Z_FIXED }],
    ['by codes of its own', { level: 9 }],
    ['without matches', { strategy: constants.Z_HUFFMAN_ONLY }],
  ])('gives what was deflated: %s', (_, options) => {
    expect(Buffer.from(inflate(base64(deflateRawSync(text, options)))).equals(text)).toBe(true);
  });
});
