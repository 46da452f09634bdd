import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Crop } from '../../src/image/raster.js';
import { cropImage, type Interpolation, resizeAndCrop, resizeImage } from '../../src/image/resize.js';
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

  test('computes of a part the bits that the whole has there, whatever the sizes', () => {
    const size = fc.integer({ min: 1, max: 60 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.tuple(size, size, fc.constantFrom(1 as const, 3 as const)),
        fc.tuple(size, size),
        fc.tuple(share, share, share, share),
        ([width, height, channels], [toWidth, toHeight], [x, y, w, h]) => {
          const image = { ...countingImage(width, height, channels) };
          const data = image.data.map((sample, i) => sample * 89 + i * i);
          const crop = cropAt(toWidth, toHeight, x, y, w, h);
          const whole = resizeImage({ ...image, data }, toWidth, toHeight, interpolation);
          const part = resizeAndCrop({ ...image, data }, toWidth, toHeight, interpolation, crop);
          expect(part).toMatchObject({ width: crop.width, height: crop.height, channels });
          expect([...part.data]).toEqual([...cropImage(whole, crop).data]);
        },
      ),
      { numRuns: process.env.SIGNWAVE_FULL ? 5000 : 300 },
    );
  });

  test('costs what the part costs, not what the whole would', () => {
    // The whole would be 18 GB. A row that is made from one row of the image needs no others.
    const strip = countingImage(1, 100_000, 3);
    const crop = { left: 100, top: 12_800_000 - 112, width: 224, height: 224 };
    const part = resizeAndCrop(strip, 256, 25_600_000, interpolation, crop);
    expect(part.data.length).toBe(224 * 224 * 3);
  });
});

/** A crop within the size: where it begins and how large it is, as shares of what there is. */
function cropAt(width: number, height: number, x: number, y: number, w: number, h: number): Crop {
  const left = Math.floor(x * (width - 1));
  const top = Math.floor(y * (height - 1));
  return { left, top, width: 1 + Math.floor(w * (width - left - 1)), height: 1 + Math.floor(h * (height - top - 1)) };
}
