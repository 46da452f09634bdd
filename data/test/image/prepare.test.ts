import type { InputRecipe } from '@signwave/format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluationResize, prepareImage, resizedSize } from '../../src/image/prepare.js';
import { toGray, toRgb } from '../../src/image/raster.js';
import { resizeImage } from '../../src/image/resize.js';
import { countingImage, fromBase64, golden, rasterOf } from './golden.js';

const recipe: InputRecipe = { channelOrder: 'rgb', divisor: 255, mean: [0, 0, 0], std: [1, 1, 1] };

describe('converting channels', () => {
  test.each(golden.convert)(
    'has the bits of PIL.Image.convert for $image.channels channels',
    ({ image, rgb, gray }) => {
      expect(new Uint8Array(toRgb(rasterOf(image)).data)).toEqual(fromBase64(rgb));
      expect(new Uint8Array(toGray(rasterOf(image)).data)).toEqual(fromBase64(gray));
    },
  );

  test('keeps gray exactly when it goes to RGB and back', () => {
    const gray = countingImage(16, 16, 1);
    expect(toGray(toRgb(gray)).data).toEqual(gray.data);
  });
});

describe('prepareImage', () => {
  const cases = golden.prepare.flatMap((golden) =>
    (['bilinear', 'bicubic'] as const).flatMap((interpolation) =>
      (['rgb', 'gray'] as const).map((channelOrder) => ({ golden, interpolation, channelOrder })),
    ),
  );

  test.each(cases)(
    'has the bits of Pillow and torchvision: $golden.image.width x $golden.image.height, shorter side $golden.sizePixels, crop $golden.width x $golden.height, $interpolation, $channelOrder',
    ({ golden: { image, sizePixels, height, width, expected }, interpolation, channelOrder }) => {
      const resize = { mode: 'shorterSide', sizePixels, interpolation } as const;
      const bytes = prepareImage(rasterOf(image), { ...recipe, channelOrder, resize }, height, width);
      expect(bytes).toEqual(fromBase64(expected[`${interpolation} ${channelOrder}`]));
    },
  );

  test('hands out a copy when the image has the right size already', () => {
    const image = countingImage(4, 3, 3);
    const bytes = prepareImage(image, recipe, 3, 4);
    expect(bytes).toEqual(image.data);
    bytes.fill(0);
    expect(image.data[1]).toBe(1);
  });

  test('drops alpha without blending', () => {
    const image = { width: 1, height: 1, channels: 4, data: Uint8Array.of(9, 8, 7, 0) } as const;
    expect(prepareImage(image, recipe, 1, 1)).toEqual(Uint8Array.of(9, 8, 7));
  });

  test('repeats gray for a model of three channels', () => {
    expect(prepareImage(countingImage(2, 1, 1), recipe, 1, 2)).toEqual(Uint8Array.of(0, 0, 0, 1, 1, 1));
  });

  test('puts blue first for a bgr model', () => {
    const bgr = prepareImage(countingImage(2, 1, 3), { ...recipe, channelOrder: 'bgr' }, 1, 2);
    expect(bgr).toEqual(Uint8Array.of(2, 1, 0, 5, 4, 3));
  });

  test('stretches both sides to the input without a crop', () => {
    const image = countingImage(11, 5, 3);
    const resize = { mode: 'stretch', sizePixels: 0, interpolation: 'bicubic' } as const;
    const bytes = prepareImage(image, { ...recipe, resize }, 6, 7);
    expect(bytes).toEqual(new Uint8Array(resizeImage(image, 7, 6, 'bicubic').data));
  });
});

describe('a recipe without a resize', () => {
  // torchvision's Resize(32), CenterCrop(32) for a square input; the smallest size that covers it for others.
  test.each([
    [64, 48, 32, 32, 42, 32],
    [48, 64, 32, 32, 32, 42],
    [20, 20, 32, 32, 32, 32],
    [32, 32, 32, 32, 32, 32],
    [33, 31, 32, 30, 34, 32],
    [33, 31, 30, 32, 32, 30],
    [10, 100, 28, 14, 14, 140],
    [3, 7, 7, 3, 3, 7],
    [1, 20_000, 32, 32, 32, 640_000],
  ])('resizes %i x %i pixels for an input %i high and %i wide to %i x %i', (width, height, toHeight, toWidth, w, h) => {
    expect(resizedSize({ width, height }, recipe, toHeight, toWidth)).toEqual({ width: w, height: h });
  });

  test('never makes an image smaller than the input, at any size', () => {
    const side = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(side, side, side, side, (width, height, toWidth, toHeight) => {
        const resized = resizedSize({ width, height }, recipe, toHeight, toWidth);
        expect(resized.width).toBeGreaterThanOrEqual(toWidth);
        expect(resized.height).toBeGreaterThanOrEqual(toHeight);
        expect(resized.width === toWidth || resized.height === toHeight).toBe(true);
      }),
    );
  });

  test('is bilinear, with a crop of the centre', () => {
    const image = countingImage(64, 48, 3);
    const resize = { mode: 'shorterSide', sizePixels: 32, interpolation: 'bilinear' } as const;
    expect(prepareImage(image, recipe, 32, 32)).toEqual(prepareImage(image, { ...recipe, resize }, 32, 32));
  });
});

describe('the resize of evaluation', () => {
  test.each([
    [224, 256],
    [32, 37],
    [64, 73],
    [1, 1],
  ])('takes the shorter side for an input of %i to %i', (side, sizePixels) => {
    expect(evaluationResize(side)).toEqual({ mode: 'shorterSide', sizePixels, interpolation: 'bilinear' });
  });
});

describe('images that do not fit', () => {
  test('refuses a recipe whose resized image is smaller than the input', () => {
    const resize = { mode: 'shorterSide', sizePixels: 8, interpolation: 'bilinear' } as const;
    expect(() => prepareImage(countingImage(10, 20, 3), { ...recipe, resize }, 9, 9)).toThrow(
      expect.objectContaining({ code: 'E_INPUT_SHAPE', message: expect.stringMatching(/to 8 x 16.* 9 x 9/) }),
    );
  });

  test('refuses an image that would be resized beyond the limit of a side, naming both sizes', () => {
    const strip = countingImage(20_000_000, 1, 1);
    expect(() => prepareImage(strip, recipe, 224, 224)).toThrow(
      expect.objectContaining({
        code: 'E_INPUT_SHAPE',
        message: expect.stringMatching(
          /20000000 x 1 pixels .* resized to 4480000000 x 224, above the limit of 2147483647/,
        ),
      }),
    );
  });

  test.each([
    ['stretch', /takes 300000000 samples, at most 268435456/],
    ['centreSquare', /takes 787500000 samples, at most 268435456/],
  ] as const)('refuses a recipe of mode %s that makes a small image gigabytes between its passes', (mode, message) => {
    const image = { width: 5000, height: 5000, channels: 3, data: new Uint8Array(75_000_000) } as const;
    const resize = { mode, sizePixels: 0, interpolation: 'bilinear' } as const;
    const [height, width] = mode === 'stretch' ? [1, 20_000] : [60_000, 1];
    expect(() => prepareImage(image, { ...recipe, resize }, height, width)).toThrow(
      expect.objectContaining({ code: 'E_INPUT_SHAPE', message: expect.stringMatching(message) }),
    );
  });

  test('refuses bytes that do not match the size', () => {
    const image = { width: 2, height: 2, channels: 3, data: new Uint8Array(11) } as const;
    expect(() => prepareImage(image, recipe, 2, 2)).toThrow(/has 11 bytes, expected 12/);
  });

  test.each([
    { width: 0, height: 2, channels: 3 },
    { width: 2, height: -1, channels: 3 },
    { width: 1.5, height: 2, channels: 3 },
    { width: 2, height: 2, channels: 2 },
    { width: Number.NaN, height: 2, channels: 1 },
  ])('refuses $width x $height pixels of $channels channels', (size) => {
    const data = new Uint8Array(Math.max(0, Math.trunc(size.width * size.height * size.channels) || 0));
    expect(() => prepareImage({ ...size, data } as never, recipe, 2, 2)).toThrow(
      expect.objectContaining({ code: 'E_INPUT_SHAPE' }),
    );
  });
});
