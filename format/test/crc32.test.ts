import { crc32 } from '@signwave/format';
import { expect, test } from 'vitest';
import { portableCrc32 } from '../src/crc32.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each([
  ['', 0],
  ['a', 0xe8b7be43],
  ['123456789', 0xcbf43926],
  ['The quick brown fox jumps over the lazy dog', 0x414fa339],
])('the CRC-32 of "%s" is that of zip and PNG', (text, expected) => {
  expect(crc32(ascii(text))).toBe(expected);
});

test('32 zero bytes and 32 bytes of ones have the CRCs of the literature', () => {
  expect(crc32(new Uint8Array(32))).toBe(0x190a55ad);
  expect(crc32(new Uint8Array(32).fill(255))).toBe(0xff6cab0b);
});

test('goes on from the CRC of the bytes before', () => {
  const bytes = ascii('123456789');
  for (let cut = 0; cut <= 9; cut++) expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(0xcbf43926);
});

test('is the same by the engine’s own, where there is one, and by tables', () => {
  const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
  for (const [from, to] of [
    [0, 0],
    [0, 7],
    [3, 4099],
    [1, 10_000],
  ] as const) {
    expect(crc32(bytes.subarray(from, to))).toBe(portableCrc32(bytes.subarray(from, to)));
    expect(crc32(bytes.subarray(from, to), 0xdeadbeef)).toBe(portableCrc32(bytes.subarray(from, to), 0xdeadbeef));
  }
});
