import { SignwaveError } from '@signwave/format';
import type { RasterImage } from '../image/raster.js';

/** Netpbm's white space: blank, tab, line feed, vertical tab, form feed, carriage return. */
const WHITESPACE: readonly number[] = [0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d];
const LINE_ENDS: readonly number[] = [0x0a, 0x0d];
const HASH = 0x23;
const DIGIT_0 = 0x30;

/** Whether the bytes start as a binary PPM or PGM file: "P5" or "P6" and white space (or a comment). */
export function isPpm(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && (bytes[1] === 0x35 || bytes[1] === 0x36) && startsGap(bytes[2]);
}

/**
 * Read a binary PPM (P6, RGB) or PGM (P5, gray) file with the maximum value 255. Reading is strict: exactly one image,
 * with exactly its bytes. (The prebuilt sharp has no reader for these.)
 *
 * @param maxPixels largest width x height to accept.
 * @throws {SignwaveError} `E_IMAGE` naming the first thing that is wrong.
 */
export function decodePpm(bytes: Uint8Array, name: string, maxPixels: number): RasterImage {
  const channels = bytes[1] === 0x36 ? 3 : 1;
  let at = 2;

  /** A decimal number after white space and comments; `what` names it in messages. */
  const number = (what: string): number => {
    while (startsGap(bytes[at])) {
      if (bytes[at] === HASH) while (at < bytes.length && !LINE_ENDS.includes(bytes[at]!)) at++;
      else at++;
    }
    const start = at;
    let value = 0;
    while (bytes[at]! >= DIGIT_0 && bytes[at]! <= DIGIT_0 + 9) value = value * 10 + bytes[at++]! - DIGIT_0;
    if (at === start) throw imageError(name, `the header has no ${what} at byte ${at}`);
    if (value > maxPixels)
      throw imageError(name, `the ${what} is ${value}, more than the limit of ${maxPixels} pixels`);
    return value;
  };

  const width = number('width');
  const height = number('height');
  const maximum = number('maximum value');
  if (width === 0 || height === 0) throw imageError(name, `the image is ${width} x ${height} pixels, it is empty`);
  if (width * height > maxPixels) {
    throw imageError(name, `the image is ${width} x ${height} pixels, more than the limit of ${maxPixels}`);
  }
  if (maximum !== 255) throw imageError(name, `its maximum value is ${maximum}, expected 255 (8 bits a sample)`);
  if (!WHITESPACE.includes(bytes[at]!)) throw imageError(name, `the header doesn't end with white space at byte ${at}`);

  const data = Uint8Array.from(bytes.subarray(at + 1));
  const wanted = width * height * channels;
  if (data.length !== wanted) {
    throw imageError(
      name,
      `${width} x ${height} x ${channels} samples are ${wanted} bytes, but ${data.length} follow the header`,
    );
  }
  return { width, height, channels, data };
}

function startsGap(byte: number | undefined): boolean {
  return byte === HASH || WHITESPACE.includes(byte!);
}

function imageError(name: string, problem: string): SignwaveError {
  return new SignwaveError('E_IMAGE', `${name} is no binary PPM or PGM image that can be read: ${problem}`);
}
