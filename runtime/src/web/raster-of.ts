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
 * Exact for PNG without alpha. Browsers decode JPEG themselves, and turn it as its EXIF says.
 *
 * @throws {SignwaveError} `E_INPUT_SHAPE` for pixels that are no bytes or too few; `E_IMAGE` if it can't be decoded, isn't there yet, or comes from another origin without its permission.
 */
export async function rasterOf(source: ImageSource): Promise<RasterImage> {
  if (hasPixels(source)) return rasterFrom(source);
  const bitmap = await bitmapOf(source);
  try {
    return rasterFrom(readPixels(bitmap));
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

function readPixels(bitmap: ImageBitmap): ImageData {
  const { width, height } = bitmap;
  const context = makeCanvas(width, height).getContext('2d', { willReadFrequently: true }) as
    | OffscreenCanvasRenderingContext2D
    | CanvasRenderingContext2D
    | null;
  if (!context) throw new Error(`no canvas of ${width} x ${height} pixels could be made`);
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height);
}

function makeCanvas(width: number, height: number): OffscreenCanvas | HTMLCanvasElement {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement('canvas'), { width, height });
}

function imageError(cause: unknown): SignwaveError {
  const { name, message } = cause as Error;
  const reason =
    name === 'SecurityError'
      ? 'it comes from another origin, whose server has to allow it (crossorigin="anonymous")'
      : message;
  return new SignwaveError('E_IMAGE', `the image can't be read: ${reason}`, { cause });
}
