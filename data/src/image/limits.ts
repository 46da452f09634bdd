/**
 * Pixels of the largest image to decode. It is Pillow's limit (twice `MAX_IMAGE_PIXELS`), above which Pillow, too, refuses a file as a
 * decompression bomb: a PNG of 1 MB can claim 30,000 x 30,000 pixels. As RGB this size takes 0.5 GB.
 */
export const MAX_IMAGE_PIXELS = 178_956_970;

/** Bytes of the largest image file to read: the largest image with six bytes a pixel, as PPM of 16 bits stores it. */
export const MAX_IMAGE_FILE_BYTES = 2 ** 30;

/** How many times as long as it is wide an image may be. When resized by its shorter side, its sizes still fit 32 bits, as in Pillow. */
const MAX_ASPECT_RATIO = 1_000_000;

/** Says in words which limit an image's size exceeds; undefined if it exceeds none. */
export function sizeProblem(width: number, height: number): string | undefined {
  const size = `it is ${width} x ${height} pixels`;
  if (width * height > MAX_IMAGE_PIXELS) return `${size}, more than the limit of ${MAX_IMAGE_PIXELS}`;
  if (Math.max(width, height) > MAX_ASPECT_RATIO * Math.min(width, height)) {
    return `${size}, one side more than ${MAX_ASPECT_RATIO} times as long as the other; cut it first`;
  }
  return undefined;
}
