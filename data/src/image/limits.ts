/**
 * Largest image to decode, width x height. It is Pillow's limit (twice `MAX_IMAGE_PIXELS`), beyond which Pillow too
 * refuses a file as a decompression bomb: a PNG of 1 MB can claim 30,000 x 30,000 pixels. RGB of this size is 0.5 GB.
 */
export const MAX_IMAGE_PIXELS = 178_956_970;

/** How many times as long as it is wide an image may be: resized by its shorter side, it still has sizes of 32 bits, as Pillow keeps them. */
const MAX_ASPECT_RATIO = 1_000_000;

/** What about an image's size is above a limit, in words; undefined if nothing is. */
export function sizeProblem(width: number, height: number): string | undefined {
  const size = `it is ${width} x ${height} pixels`;
  if (width * height > MAX_IMAGE_PIXELS) return `${size}, more than the limit of ${MAX_IMAGE_PIXELS}`;
  if (Math.max(width, height) > MAX_ASPECT_RATIO * Math.min(width, height)) {
    return `${size}, one side more than ${MAX_ASPECT_RATIO} times as long as the other; cut it first`;
  }
  return undefined;
}
