import { readBlob, readPixels } from '@signwave/data/browser';
import { nameOf, tagOf } from '@signwave/format';
import { type RasterImage, SignwaveError } from '../index.js';
import { type Pixels, rasterFrom } from '../raster-from.js';

/** The images that a browser has. An `HTMLVideoElement` gives its current frame. */
export type ImageSource =
  | Pixels
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | Blob;

/** Colours aren't converted: the network was trained on the samples that are in the file. */
const AS_STORED: ImageBitmapOptions = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };

/**
 * Read the pixels of an image at its own size. `classify` resizes them as the file's recipe says, with the bits of Pillow; a canvas would
 * resize differently in each browser.
 *
 * A `Blob` (a file that was chosen or dropped) is read as the command line reads it: its orientation and its profile are ignored, alpha is dropped
 * without blending, 16-bit gray is clipped. PNG, lossless WebP, PPM, PGM and PBM give the same bytes; JPEG and lossy WebP are decoded by the
 * browser, which may differ. Elements, canvases and bitmaps give what they show: turned, converted, without the colour under transparent pixels.
 *
 * @throws {SignwaveError} `E_INPUT_SHAPE` if pixels are no bytes or too few; `E_IMAGE` if the image can't be decoded, isn't there yet, or comes from
 *   another origin without its permission.
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

/** Make a bitmap, which can go to a worker without a copy. A bitmap is returned as it is. */
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

/** Whether a source is pixels. Its fields decide, since each page and frame has an `ImageData` class of its own. */
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
