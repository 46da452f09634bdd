import { packBits, unpackBits } from '@signwave/format';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('the first element is the least significant bit, and 1 is +1', () => {
  expect(packBits(8, (i) => i === 0)).toEqual(Uint8Array.of(1));
  expect(packBits(8, (i) => i === 7)).toEqual(Uint8Array.of(128));
  expect(packBits(10, (i) => i === 8)).toEqual(Uint8Array.of(0, 1));
  expect(unpackBits(Uint8Array.of(0b101), 3)).toEqual(Float32Array.of(1, -1, 1));
});

test.each([1, 7, 8, 9, 31, 32, 33, 127, 128, 129])('%i elements leave the unused bits zero', (count) => {
  const bytes = packBits(count, () => true);
  expect(bytes.length).toBe(Math.ceil(count / 8));
  expect(bytes[bytes.length - 1]).toBe(count % 8 === 0 ? 255 : 2 ** (count % 8) - 1);
});

test('unpacking gives what was packed', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (signs) => {
      const values = unpackBits(
        packBits(signs.length, (i) => signs[i]!),
        signs.length,
      );
      expect([...values]).toEqual(signs.map((isPlus) => (isPlus ? 1 : -1)));
    }),
  );
});
