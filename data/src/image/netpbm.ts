import { SignwaveError } from '@signwave/format';
import { MAX_IMAGE_PIXELS, sizeProblem } from './limits.js';
import type { ClippedImage } from './raster.js';

/** Netpbm's white space: blank, tab, line feed, vertical tab, form feed, carriage return. */
const WHITESPACE: readonly number[] = [0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d];
const LINE_ENDS: readonly number[] = [0x0a, 0x0d];
const HASH = 0x23;
const DIGIT_0 = 0x30;
const LETTER_P = 0x50;
const MAX_MAXIMUM = 65535;

/** Whether the bytes start as a bitmap, PGM or PPM file: "P1" to "P6" and white space (or a comment). */
export function isNetpbm(bytes: Uint8Array): boolean {
  const digit = bytes[1]! - DIGIT_0;
  return bytes[0] === LETTER_P && digit >= 1 && digit <= 6 && startsGap(bytes[2]);
}

/**
 * Read a bitmap (P1, P4), PGM (P2, P5) or PPM (P3, P6) file as Pillow does. (The prebuilt sharp can't read these.) Samples with another
 * maximum than 255 are scaled to 255; gray samples above 8 bits are scaled to 65535 and then clipped to 255. What follows the first image
 * is ignored.
 *
 * @throws {SignwaveError} `E_IMAGE` naming the first thing that is wrong.
 */
export function decodeNetpbm(bytes: Uint8Array, name: string): ClippedImage {
  const kind = bytes[1]! - DIGIT_0;
  const isText = kind <= 3;
  const isBitmap = kind === 1 || kind === 4;
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  let at = 2;

  const skipGap = () => {
    while (startsGap(bytes[at])) {
      if (bytes[at] === HASH) while (at < bytes.length && !LINE_ENDS.includes(bytes[at]!)) at++;
      else at++;
    }
  };
  /** Reads a decimal number after white space and comments; messages call it `what`. */
  const number = (what: string, largest: number): number => {
    skipGap();
    const start = at;
    let value = 0;
    while (bytes[at]! >= DIGIT_0 && bytes[at]! <= DIGIT_0 + 9 && value <= largest)
      value = value * 10 + bytes[at++]! - DIGIT_0;
    if (at === start) throw imageError(name, `there is no ${what} at byte ${at}`);
    if (value > largest) throw imageError(name, `the ${what} is ${value} or more, above the limit of ${largest}`);
    return value;
  };

  const width = number('width', MAX_IMAGE_PIXELS);
  const height = number('height', MAX_IMAGE_PIXELS);
  if (width === 0 || height === 0) throw imageError(name, `the image is ${width} x ${height} pixels, it is empty`);
  const problem = sizeProblem(width, height);
  if (problem !== undefined) throw imageError(name, problem);
  const maximum = isBitmap ? 1 : number('maximum value', MAX_MAXIMUM);
  if (maximum === 0) throw imageError(name, 'its maximum value is 0');
  if (!startsGap(bytes[at]) || (!isText && bytes[at] === HASH)) {
    throw imageError(name, `the header doesn't end with white space at byte ${at}`);
  }

  const samples = width * height * channels;
  const toByte = isBitmap ? (bit: number) => 255 * (1 - bit) : byteOf(maximum, channels === 1);
  const data = new Uint8Array(samples);
  let isClipped = false;
  const put = (index: number, sample: number) => {
    const byte = toByte(sample);
    if (byte > 255) isClipped = true;
    data[index] = Math.min(byte, 255);
  };

  if (isText) {
    // The digits of a bitmap need nothing between them.
    const digit = (): number => {
      skipGap();
      const bit = bytes[at++]! - DIGIT_0;
      if (bit !== 0 && bit !== 1) throw imageError(name, `there is no pixel of 0 or 1 at byte ${at - 1}`);
      return bit;
    };
    for (let i = 0; i < samples; i++) put(i, isBitmap ? digit() : number('sample', maximum));
    return { width, height, channels, data, isClipped };
  }

  const stored = bytes.subarray(at + 1);
  const sampleBytes = maximum > 255 ? 2 : 1;
  const rowBytes = isBitmap ? Math.ceil(width / 8) : width * channels * sampleBytes;
  if (stored.length < rowBytes * height) {
    throw imageError(
      name,
      `${width} x ${height} pixels are ${rowBytes * height} bytes, but ${stored.length} follow the header`,
    );
  }
  for (let i = 0; i < samples; i++) {
    if (isBitmap) {
      const x = i % width;
      put(i, (stored[Math.floor(i / width) * rowBytes + (x >> 3)]! >> (7 - (x & 7))) & 1);
    } else put(i, sampleBytes === 1 ? stored[i]! : stored[2 * i]! * 256 + stored[2 * i + 1]!);
  }
  return { width, height, channels, data, isClipped };
}

/**
 * What Pillow's PpmImagePlugin and `convert` turn a sample into: 0..255, or more if `convert` clips it to 255. Python rounds a half to the
 * even neighbour.
 */
function byteOf(maximum: number, isGray: boolean): (sample: number) => number {
  if (maximum === 255) return (sample) => sample;
  const largest = isGray && maximum > 255 ? 65535 : 255;
  return (sample) => Math.min(largest, roundToEven((sample / maximum) * largest));
}

function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

function startsGap(byte: number | undefined): boolean {
  return byte === HASH || WHITESPACE.includes(byte!);
}

function imageError(name: string, problem: string): SignwaveError {
  return new SignwaveError('E_IMAGE', `${name} is no PPM, PGM or PBM image that can be read: ${problem}`);
}
