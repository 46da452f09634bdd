import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { InputRecipe } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { recipeNamed } from '../../../convert/src/models/recipes.js';
import { prepareImage } from '../../src/image/prepare.js';
import { type RasterImage, toGray } from '../../src/image/raster.js';
import { resizeCentre } from '../../src/image/tensorflow-bicubic.js';
import { fromBase64 } from './golden.js';

interface Size {
  readonly height: number;
  readonly width: number;
}

/** What make-larq-golden.py wrote. */
const golden: {
  readonly prepared: readonly (Size & { readonly sha256: string })[];
  readonly resized: readonly (Size & { readonly floats: string })[];
} = JSON.parse(readFileSync(new URL('larq-golden.json', import.meta.url), 'utf8'));

const SIDE = 224;
const RECIPE = recipeNamed('larq')!;

/** As in make-larq-golden.py. */
function image(height: number, width: number, channels: 1 | 3 | 4 = 3): RasterImage {
  const data = Uint8Array.from({ length: height * width * channels }, (_, i) => ((i * i * 7919) % 65_521) % 256);
  return { height, width, channels, data };
}

const bytesOf = (floats: Uint8Array | Float32Array): Uint8Array =>
  new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);

describe('the centre square, resized like TensorFlow', () => {
  test.each(golden.resized)('has its bits at $height x $width', ({ height, width, floats }) => {
    expect(bytesOf(resizeCentre(image(9, 10), height, width))).toEqual(fromBase64(floats));
  });

  test.each(golden.prepared)(
    'and normalised has the bits of larq-zoo’s preprocess_input for $height x $width pixels',
    ({ height, width, sha256 }) => {
      const floats = prepareImage(image(height, width), RECIPE, SIDE, SIDE);
      expect(floats).toBeInstanceOf(Float32Array);
      expect(createHash('sha256').update(bytesOf(floats)).digest('hex')).toBe(sha256);
    },
  );

  test('is one pixel of an image of one pixel', () => {
    expect([...resizeCentre({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) }, 2, 2)]).toEqual([7, 7, 7, 7]);
  });

  test('drops alpha, puts blue first and takes luma as other recipes do', () => {
    const bgr: InputRecipe = { ...RECIPE, channelOrder: 'bgr', mean: [0, 0, 0], std: [1, 1, 1] };
    const opaque = image(9, 10);
    const data = Uint8Array.from({ length: 9 * 10 * 4 }, (_, i) =>
      i % 4 === 3 ? 9 : opaque.data[Math.floor(i / 4) * 3 + (i % 4)]!,
    );
    const rgb = resizeCentre(opaque, 5, 7);
    const found = prepareImage({ ...opaque, channels: 4, data }, bgr, 5, 7);
    expect([...found]).toEqual(Array.from(rgb, (_, i) => rgb[i - (i % 3) + 2 - (i % 3)]));

    const gray: InputRecipe = { ...RECIPE, channelOrder: 'gray', mean: [0], std: [1] };
    expect(prepareImage(opaque, gray, 5, 7)).toEqual(resizeCentre(toGray(opaque), 5, 7));
  });
});
