import { f32Tensor, halfToFloat, tensorBytes, tensorValues } from '@signwave/format';
import { expect, test } from 'vitest';

test.each([
  [0x0000, 0],
  [0x0001, 2 ** -24],
  [0x03ff, 1023 * 2 ** -24],
  [0x0400, 2 ** -14],
  [0x3555, 0.333251953125],
  [0x3c00, 1],
  [0x3c01, 1 + 2 ** -10],
  [0xc000, -2],
  [0x7bff, 65504],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
  [0x7e00, Number.NaN],
])('half %i is %d', (half, value) => {
  expect(halfToFloat(half)).toBe(value);
});

test('half -0 is -0', () => {
  expect(halfToFloat(0x8000)).toBe(-0);
});

test('halves grow with their bits, and each is exact in float32', () => {
  for (let half = 1; half < 0x7c00; half++) {
    const value = halfToFloat(half);
    expect(value).toBeGreaterThan(halfToFloat(half - 1));
    expect(Math.fround(value)).toBe(value);
  }
});

test.each([
  ['bits', 1, 1],
  ['bits', 8, 1],
  ['bits', 9, 2],
  ['i8', 9, 9],
  ['f16', 9, 18],
  ['i16', 9, 18],
  ['f32', 9, 36],
] as const)('%s tensors of %i elements take %i bytes', (dtype, elements, bytes) => {
  expect(tensorBytes(dtype, [1, 1, 1, elements])).toBe(bytes);
});

test('values of every type are what is stored, little-endian', () => {
  const shape = [1, 1, 1, 2] as const;
  expect(tensorValues(f32Tensor(shape, Float32Array.of(0.5, -3)))).toEqual(Float32Array.of(0.5, -3));
  expect(tensorValues({ dtype: 'f16', shape, data: Uint8Array.of(0, 0x3c, 0, 0xc0) })).toEqual(Float32Array.of(1, -2));
  expect(tensorValues({ dtype: 'i8', shape, data: Uint8Array.of(127, 128) })).toEqual(Float32Array.of(127, -128));
  expect(tensorValues({ dtype: 'i16', shape, data: Uint8Array.of(1, 2, 0, 128) })).toEqual(
    Float32Array.of(513, -32768),
  );
  expect(tensorValues({ dtype: 'bits', shape, data: Uint8Array.of(2) })).toEqual(Float32Array.of(-1, 1));
});

test('values are read from a view that starts anywhere', () => {
  const data = Uint8Array.of(9, 0, 0, 128, 63).subarray(1);
  expect(tensorValues({ dtype: 'f32', shape: [1, 1, 1, 1], data })).toEqual(Float32Array.of(1));
});

test('refuses a number of values that a shape has no room for', () => {
  expect(() => f32Tensor([2, 1, 1, 3], new Float32Array(5))).toThrow(/shape \(2, 1, 1, 3\) can't hold 5 values/);
});
