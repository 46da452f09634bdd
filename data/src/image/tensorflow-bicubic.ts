import { roundHalfToEven } from '@signwave/format';
import { type RasterImage, resizeSamples } from './raster.js';
import { keysCubic } from './resize.js';

// The bicubic of TensorFlow 1, `tf.compat.v1.image.resize_bicubic`, with its bits: networks of larq's zoo were trained and tested with it. It
// doesn't blur what it shrinks, lays output 0 on input 0, takes weights at 1024 places between two samples, and its results aren't rounded
// to bytes. Columns come first.
//
//   out[y][x] = fround sum_j (fround sum_i in[first(y) + i][first(x) + j] * weight(y, i)) * weight(x, j),   i and j = -1, 0, 1, 2
//
// Each product and each sum is rounded to float32, from the left. Beyond the border the outermost sample counts again.

const PLACES = 1024;

/**
 * The centre square of 7/8 of an image's shorter side, resized.
 *
 * @returns (height, width, channels), about 0 to 255.
 * @throws {SignwaveError} `E_INPUT_SHAPE` as {@link resizeSamples}.
 */
export function resizeCentre(image: RasterImage, height: number, width: number): Float32Array {
  const { channels, data } = image;
  const side = Math.floor(Math.min(image.width, image.height) * 0.875) || 1;
  const before = (size: number): number => (size - side + 1) >> 1;
  const corner = before(image.height) * image.width + before(image.width);
  const columns = along(side, height, 1, side * channels, (y, i) => data[(corner + y * image.width) * channels + i]!);
  return along(side, width, height, channels, (x, i) => columns[x * channels + i]!);
}

/** Resizes one axis of (outer, inSize, inner) samples. @param sampleAt gives sample `i` of the inner ones at a place of the first two axes. */
function along(
  inSize: number,
  outSize: number,
  outer: number,
  inner: number,
  sampleAt: (place: number, i: number) => number,
): Float32Array {
  const { fround } = Math;
  const taps = Array.from({ length: outSize }, (_, out) => {
    const place = fround(out * fround(inSize / outSize));
    const first = Math.floor(place);
    const between = roundHalfToEven((place - first) * PLACES) / PLACES;
    return [-1, 0, 1, 2].map((i) => [
      Math.min(Math.max(first + i, 0), inSize - 1),
      fround(keysCubic(-0.75, Math.abs(i - between))),
    ]) as [sample: number, weight: number][];
  });
  const resized = new Float32Array(resizeSamples(outer * outSize * inner));
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const ofOne of taps) {
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (const [sample, weight] of ofOne) sum = fround(sum + fround(sampleAt(o * inSize + sample, i) * weight));
        resized[to++] = sum;
      }
    }
  }
  return resized;
}
