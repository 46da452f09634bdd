import { readFileSync } from 'node:fs';
import type { RasterImage } from '../../src/image/raster.js';
import type { Interpolation } from '../../src/image/resize.js';

interface StoredImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: string;
}

/** What make-golden.py wrote; bytes are base64. */
interface Golden {
  readonly resize: readonly {
    readonly image: StoredImage;
    readonly width: number;
    readonly height: number;
    readonly expected: Readonly<Record<Interpolation, string>>;
  }[];
  readonly prepare: readonly {
    readonly image: StoredImage;
    readonly sizePixels: number;
    readonly height: number;
    readonly width: number;
    readonly expected: Readonly<Record<`${Interpolation} ${'rgb' | 'gray'}`, string>>;
  }[];
  readonly convert: readonly { readonly image: StoredImage; readonly rgb: string; readonly gray: string }[];
}

export const golden: Golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8'));

export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

export function rasterOf(stored: StoredImage): RasterImage {
  return { ...stored, data: fromBase64(stored.data) };
}

/** An image whose samples count up from 0, modulo 256. */
export function countingImage(width: number, height: number, channels: 1 | 3 | 4): RasterImage {
  return { width, height, channels, data: Uint8Array.from({ length: width * height * channels }, (_, i) => i) };
}
