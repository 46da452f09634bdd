import { readBlob, readPixels } from '@signwave/data/browser';
import { nameOf, tagOf } from '@signwave/format';
import { type RasterImage, SignwaveError } from '../index.js';
import { type Pixels, rasterFrom } from '../raster-from.js';

/** What a browser has of images. An `HTMLVideoElement` gives its current frame. */
export type ImageSource =
  | Pixels
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | Blob;

/** No conversion of colours: the samples of the file, as the network was trained on. */
const AS_STORED: ImageBitmapOptions = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };

/**
 * The pixels of an image, at its own size: `classify` resizes them as the file's recipe says, with the bits of Pillow. A canvas would
 * resize differently in each browser.
 *
 * A `Blob` (a file that was chosen or dropped) is read as the command line reads it: its orientation and its profile are ignored, alpha is dropped
 * without blending, 16-bit gray is clipped. PNG, lossless WebP, PPM, PGM and PBM give the same bytes; JPEG and lossy WebP are decoded by the
 * browser, which may differ. Elements, canvases and bitmaps give what they show: turned, converted, without the colour under transparent pixels.
 *
 * @throws {SignwaveError} `E_INPUT_SHAPE` for pixels that are no bytes or too few; `E_IMAGE` if it can't be decoded, isn't there yet, or comes from another origin without its permission.
 */
export async function rasterOf(source: ImageSource): Promise<RasterImage> {
  if (hasPixels(source)) return rasterFrom(source);
  if (isBlob(source)) return readBlob(source);
  const bitmap = await bitmapOf(source);
  try {
    return readPixels(bitmap);
  } catch (cause) {
    throw imageError(cause);
  } finally {
    if (bitmap !== source) bitmap.close();
  }
}

/** A bitmap, which can go to a worker without a copy; the argument itself if it is one. */
export async function bitmapOf(source: Exclude<ImageSource, Pixels>): Promise<ImageBitmap> {
  if (isBitmap(source)) return source;
  if (Object(source) !== source) {
    throw new SignwaveError(
      'E_IMAGE',
      `expected an image, got ${nameOf(source)}; of a file or an answer, pass the Blob`,
    );
  }
  try {
    return await createImageBitmap(source, AS_STORED);
  } catch (cause) {
    throw imageError(cause);
  }
}

export function isBitmap(source: unknown): source is ImageBitmap {
  return tagOf(source) === 'ImageBitmap';
}

/** By what they have: pages and frames each have an `ImageData` of their own. */
export function hasPixels(source: unknown): source is Pixels {
  return ArrayBuffer.isView(Object(source).data) || 'channels' in Object(source);
}

export function isBlob(source: unknown): source is Blob {
  return /^(Blob|File)$/.test(tagOf(source));
}

function imageError(cause: unknown): SignwaveError {
  const { name, message } = cause as Error;
  const reason =
    name === 'SecurityError'
      ? 'it comes from another origin, whose server has to allow it (crossorigin="anonymous")'
      : message;
  return new SignwaveError('E_IMAGE', `the image can't be read: ${reason}`, { cause });
}
