import { SignwaveError, sniffKind } from '@signwave/format';
import type { Sharp } from 'sharp';
import { MAX_IMAGE_FILE_BYTES, MAX_IMAGE_PIXELS, sizeProblem } from '../image/limits.js';
import { decodeNetpbm, isNetpbm } from '../image/netpbm.js';
import { type ClippedImage, clippedGray } from '../image/raster.js';
import { readFileBytes } from './file-access.js';
import { tiffThatDiffers } from './tiff.js';

/**
 * Formats that decode to the same bytes here and in Pillow. Others are left out: AVIF (decoders differ in the chroma), GIF (the colour of
 * transparent pixels is lost), SVG (it has no pixels), BMP (sharp has no reader).
 */
const FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'tiff'];
const EXPECTED = 'expected JPEG, PNG, WebP, TIFF, PPM, PGM or PBM';

/** The byte of a PNG file that holds its colour type, and that type for gray with alpha. */
const PNG_COLOUR_TYPE_AT = 25;
const GRAY_ALPHA = 4;

/**
 * Read an image file as 8-bit RGB or gray, with the bytes of Pillow's `Image.open(path).convert('RGB')`, or `'L'` after
 * `toGray`:
 *
 * - EXIF orientation is **not** applied, as `Image.open` doesn't apply it; a TIFF's own is, as `Image.open` does;
 * - ICC profiles and gamma are ignored; CMYK becomes RGB by Pillow's formula, not by a profile;
 * - alpha is dropped without blending; palettes are expanded;
 * - 16-bit samples lose their low byte, except in gray images without alpha: these are clipped to 255, as Pillow does.
 *
 * @returns 1 channel for gray files, else 3.
 * @throws {SignwaveError} `E_IMAGE` if the file can't be read or decoded, is cut short, is of a kind that would differ
 *   from Pillow, or above a limit of its size (image/limits.ts).
 */
export async function readImage(path: string): Promise<ClippedImage> {
  return decodeImage(await readFileBytes(path, 'E_IMAGE', MAX_IMAGE_FILE_BYTES), path);
}

/** Like {@link readImage}, for the bytes of a file; messages call it `name`. */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<ClippedImage> {
  if (isNetpbm(bytes)) return decodeNetpbm(bytes, name);
  const open = await loadSharp(name);
  try {
    const difference = tiffThatDiffers(bytes);
    if (difference !== undefined) throw new Error(`${difference}, which programs read differently; save it as PNG`);
    const metadata = await open(bytes).metadata();
    const { format, space, width, height } = metadata;
    if (!FORMATS.includes(format)) throw new Error(`it is ${format}; ${EXPECTED}`);
    const problem = sizeProblem(width, height);
    if (problem !== undefined) throw new Error(problem);
    // To libvips a transparent value (tRNS) is an alpha channel, to Pillow it isn't.
    const hasAlpha = format === 'png' ? bytes[PNG_COLOUR_TYPE_AT] === GRAY_ALPHA : metadata.hasAlpha;
    return await decodeSamples(format === 'tiff' ? open(bytes).autoOrient() : open(bytes), space, hasAlpha);
  } catch (cause) {
    throw new SignwaveError('E_IMAGE', `${name} can't be decoded: ${reason(cause as Error, bytes)}`, { cause });
  }
}

/** sharp is loaded for the first image only: converting and inspecting also work on systems that sharp has no build for. */
async function loadSharp(name: string): Promise<(bytes: Uint8Array) => Sharp> {
  try {
    const { default: sharp } = await import('sharp');
    return (bytes) => sharp(bytes, { ignoreIcc: true, failOn: 'truncated', limitInputPixels: MAX_IMAGE_PIXELS });
  } catch (cause) {
    throw new SignwaveError(
      'E_IMAGE',
      `${name} can't be decoded, since the package sharp doesn't load here; convert it to PPM, which needs no package`,
      { cause },
    );
  }
}

function reason(error: Error, bytes: Uint8Array): string {
  if (error.message.includes('unsupported image format')) return `it is ${sniffKind(bytes)}; ${EXPECTED}`;
  if (error.message.includes('exceeds pixel limit')) return `it has more than the limit of ${MAX_IMAGE_PIXELS} pixels`;
  return error.message.trim().replaceAll('\n', '; ');
}

/** @param hasAlpha matters only for 16-bit gray. */
async function decodeSamples(image: Sharp, space: string, hasAlpha: boolean): Promise<ClippedImage> {
  switch (space) {
    case 'srgb':
      return samples(image.removeAlpha().toColourspace('srgb'), 3);
    case 'b-w':
      return samples(image.removeAlpha().toColourspace('b-w'), 1);
    case 'rgb16':
      return highBytes(await samples16(image.toColourspace('rgb16')), 3);
    case 'grey16': {
      const { width, height, channels, data } = await samples16(image.toColourspace('grey16'));
      if (hasAlpha) return highBytes({ width, height, channels, data }, 1);
      // A transparent value has been turned into a second channel.
      return clippedGray(width, height, channels === 1 ? data : data.filter((_, i) => i % channels === 0));
    }
    case 'cmyk':
      return cmykToRgb(image.pipelineColourspace('cmyk').toColourspace('cmyk'));
    default:
      throw new Error(`its colour space is ${space}; expected RGB, gray or CMYK with 8 or 16 bits a sample`);
  }
}

/** Decodes to (height, width, channels) bytes. */
async function samples(image: Sharp, channels: 1 | 3): Promise<ClippedImage> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  if (info.channels !== channels) throw new Error(`it has ${info.channels} channels, expected ${channels}`);
  const { width, height } = info;
  return { width, height, channels, data: new Uint8Array(data.buffer, data.byteOffset, data.length), isClipped: false };
}

interface Samples16 {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint16Array;
}

/** Decodes to (height, width, channels) 16-bit samples. */
async function samples16(image: Sharp): Promise<Samples16> {
  const { data: bytes, info } = await image.raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { width, height, channels, data: new Uint16Array(bytes.buffer, bytes.byteOffset, width * height * channels) };
}

/** The high bytes of the first `kept` samples of each pixel. */
function highBytes({ width, height, channels, data: stored }: Samples16, kept: 1 | 3): ClippedImage {
  const data = new Uint8Array(width * height * kept);
  for (let i = 0; i < data.length; i++) data[i] = stored[Math.floor(i / kept) * channels + (i % kept)]! >> 8;
  return { width, height, channels: kept, data, isClipped: false };
}

/** Pillow's `cmyk2rgb` (Convert.c): light = 255 - K, colour = light - light * ink / 255, rounded. */
async function cmykToRgb(image: Sharp): Promise<ClippedImage> {
  const { data: inks, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const light = 255 - inks[pixel * channels + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = light * inks[pixel * channels + c]! + 128;
      data[pixel * 3 + c] = light - (((product >> 8) + product) >> 8); // MULDIV255: product / 255
    }
  }
  return { width, height, channels: 3, data, isClipped: false };
}
