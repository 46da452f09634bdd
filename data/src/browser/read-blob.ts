import { SignwaveError, sniffKind } from '@signwave/format';
import { type DecodedPng, decode } from 'fast-png';
import { sizeProblem } from '../image/limits.js';
import { decodeNetpbm, isNetpbm } from '../image/netpbm.js';
import { type ClippedImage, clippedGray, type RasterImage } from '../image/raster.js';
import { readPixels, readTransparentPixels } from './bitmap.js';
import { isPng, keepsAlpha, plainFile } from './plain-file.js';

/** Where PNG's header has width, height, bits per sample and colour type. Types with `alphaBit` set have alpha. */
const PNG_HEADER = { width: 16, height: 20, bits: 24, type: 25, end: 26, alphaBit: 4 } as const;

const AS_STORED: ImageBitmapOptions = {
  colorSpaceConversion: 'none',
  premultiplyAlpha: 'none',
  imageOrientation: 'none',
};

/**
 * Read an image file in a browser as `readImage` does in Node: orientation and profiles are ignored, alpha is dropped without blending,
 * 16-bit gray is clipped. PNG, lossless WebP, PPM, PGM and PBM give the same bytes. A browser's own decoders of JPEG and lossy WebP may
 * differ (page/test/browsers/images.test.mjs has the bounds).
 *
 * @returns 1, 3 or 4 channels; the fourth is an alpha without meaning.
 * @throws {SignwaveError} `E_IMAGE` if the browser can't decode it.
 */
export async function readBlob(blob: Blob): Promise<ClippedImage> {
  const name = 'name' in blob && typeof blob.name === 'string' && blob.name !== '' ? blob.name : 'the image';
  const bytes = new Uint8Array(await blob.arrayBuffer());
  if (isNetpbm(bytes)) return decodeNetpbm(bytes, name);
  try {
    if (isPng(bytes) && bytes.length >= PNG_HEADER.end) {
      const view = new DataView(bytes.buffer);
      verifySize(view.getUint32(PNG_HEADER.width), view.getUint32(PNG_HEADER.height));
      // A canvas has 8 bits per sample, and no colour where it is transparent.
      const isLostOnCanvas = bytes[PNG_HEADER.bits] === 16 || (bytes[PNG_HEADER.type]! & PNG_HEADER.alphaBit) !== 0;
      if (isLostOnCanvas) return fromPng(decode(bytes));
    }
    const plain = new Blob([plainFile(bytes) as Uint8Array<ArrayBuffer>], { type: blob.type });
    const bitmap = await createImageBitmap(plain, AS_STORED);
    try {
      verifySize(bitmap.width, bitmap.height);
      const image = readPixels(bitmap);
      if (keepsAlpha(bytes) && !isOpaque(image)) return { ...readTransparentPixels(bitmap), isClipped: false };
      return { ...image, isClipped: false };
    } finally {
      bitmap.close();
    }
  } catch (cause) {
    const { message } = cause as Error;
    throw new SignwaveError(
      'E_IMAGE',
      `${name} can't be decoded here: it is ${sniffKind(bytes)} (${message}); save it as PNG`,
      {
        cause,
      },
    );
  }
}

function verifySize(width: number, height: number): void {
  const problem = sizeProblem(width, height);
  if (problem !== undefined) throw new Error(problem);
}

/** @returns gray, RGB, or RGB with alpha. */
function fromPng({ width, height, channels, depth, data }: DecodedPng): ClippedImage {
  if (depth === 16 && channels === 1) return clippedGray(width, height, data as Uint16Array);
  const shift = depth === 16 ? 8 : 0;
  const kept = channels <= 2 ? 1 : 3;
  const out = new Uint8Array(width * height * kept);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < kept; c++) out[pixel * kept + c] = data[pixel * channels + c]! >> shift;
  }
  return { width, height, channels: kept, data: out, isClipped: false };
}

function isOpaque({ data }: RasterImage): boolean {
  for (let alpha = 3; alpha < data.length; alpha += 4) if (data[alpha] !== 255) return false;
  return true;
}
