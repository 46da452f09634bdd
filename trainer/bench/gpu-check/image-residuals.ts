// CIFAR's images as what a simple prediction gets wrong: numbers near 0, which xz packs into three fifths of the bytes. Nothing is lost.
//
//   image      (3, 32, 32) bytes: red, green, blue
//   residuals  (3, images, 32, 32) bytes: of green, of red - green and of blue - green; 0, -1, 1, -2, ... are 0, 1, 2, 3, ...

const SIDE = 32;
const PLANE = SIDE * SIDE;
export const IMAGE_BYTES = 3 * PLANE;
/** Planes of an image in the order in which they are predicted: green first, since the others are taken relative to it. */
const RED = 0;
const GREEN = 1;
const BLUE = 2;
const ORDER = [GREEN, RED, BLUE] as const;

/** @param images (N, 3, 32, 32). @returns (3, N, 32, 32). */
export function toResiduals(images: Uint8Array): Uint8Array {
  const residuals = new Uint8Array(images.length);
  forEachPixel(images.length, (image, out, green, prediction) => {
    const value = images[image]! - (green < 0 ? 0 : images[green]!);
    const error = ((value - prediction + 128) & 255) - 128;
    residuals[out] = error >= 0 ? 2 * error : -2 * error - 1;
    return value;
  });
  return residuals;
}

/** The inverse of {@link toResiduals}. */
export function fromResiduals(residuals: Uint8Array): Uint8Array {
  const images = new Uint8Array(residuals.length);
  forEachPixel(residuals.length, (image, from, green, prediction) => {
    const code = residuals[from]!;
    const error = code & 1 ? -(code + 1) / 2 : code / 2;
    const base = green < 0 ? 0 : images[green]!;
    const byte = (prediction + error + base) & 255;
    images[image] = byte;
    return byte - base;
  });
  return images;
}

/** @returns the value that later pixels are predicted from: of green the byte, of the others their difference to it. */
type Visit = (image: number, residual: number, green: number, prediction: number) => number;

function forEachPixel(bytes: number, visit: Visit): void {
  const count = bytes / IMAGE_BYTES;
  const values = new Int16Array(PLANE);
  for (const [place, plane] of ORDER.entries()) {
    for (let n = 0; n < count; n++) {
      const first = n * IMAGE_BYTES;
      const residuals = (place * count + n) * PLANE;
      for (let i = 0; i < PLANE; i++) {
        const green = plane === GREEN ? -1 : first + GREEN * PLANE + i;
        const start = plane === GREEN ? 128 : 0;
        values[i] = visit(first + plane * PLANE + i, residuals + i, green, predict(values, i, start));
      }
    }
  }
}

/** The median of left, above, and left + above - diagonal: follows edges of both directions (LOCO-I, as in JPEG-LS). */
function predict(values: Int16Array, i: number, start: number): number {
  const x = i % SIDE;
  if (i === 0) return start;
  if (i < SIDE) return values[i - 1]!;
  const above = values[i - SIDE]!;
  if (x === 0) return above;
  const left = values[i - 1]!;
  const diagonal = values[i - SIDE - 1]!;
  const [low, high] = left < above ? [left, above] : [above, left];
  if (diagonal >= high) return low;
  if (diagonal <= low) return high;
  return left + above - diagonal;
}
