import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Interpolation, resizeImage } from '../../src/image/resize.js';
import { countingImage, fromBase64, golden, rasterOf } from './golden.js';

const interpolations: readonly Interpolation[] = ['bilinear', 'bicubic'];

describe.each(interpolations)('resizeImage, %s', (interpolation) => {
  const cases = golden.resize.map((golden) => ({
    name: `${golden.image.width}x${golden.image.height}x${golden.image.channels} to ${golden.width}x${golden.height}`,
    golden,
  }));

  test.each(cases)('has the bits of Pillow: $name', ({ golden: { image, width, height, expected } }) => {
    const resized = resizeImage(rasterOf(image), width, height, interpolation);
    expect(resized).toMatchObject({ width, height, channels: image.channels });
    expect(new Uint8Array(resized.data)).toEqual(fromBase64(expected[interpolation]));
  });

  test('returns the image itself when it has the size already', () => {
    const image = countingImage(5, 4, 3);
    expect(resizeImage(image, 5, 4, interpolation)).toBe(image);
  });

  test('keeps an image of one value, at any size', () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        size,
        size,
        size,
        size,
        fc.integer({ min: 0, max: 255 }),
        (width, height, toWidth, toHeight, value) => {
          const data = new Uint8Array(width * height).fill(value);
          const resized = resizeImage({ width, height, channels: 1, data }, toWidth, toHeight, interpolation);
          expect([...new Set(resized.data)]).toEqual([value]);
        },
      ),
    );
  });

  test('treats a clamped array, as canvas hands out, like a plain one', () => {
    const image = countingImage(9, 7, 3);
    const clamped = { ...image, data: new Uint8ClampedArray(image.data) };
    expect(resizeImage(clamped, 4, 11, interpolation)).toEqual(resizeImage(image, 4, 11, interpolation));
  });
});
