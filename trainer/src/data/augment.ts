import type { Crop, MemoryImages } from '@signwave/data';
import type { BatchPlan } from './batch-plan.js';
import type { View } from './views.js';

/**
 * What each byte becomes in each channel, (channels, 256): (byte / 255 - mean) / std, each step rounded to float32, as in PyTorch and in a
 * packed model (SPEC.md 4.1).
 */
export function normalisationTable(
  channels: number,
  { mean, std }: Pick<BatchPlan, 'mean' | 'std'>,
): Float32Array<ArrayBuffer> {
  const table = new Float32Array(channels * 256);
  const { fround } = Math;
  for (let c = 0; c < channels; c++) {
    const [m, s] = [fround(mean[c]!), fround(std[c]!)];
    for (let byte = 0; byte < 256; byte++) table[c * 256 + byte] = fround(fround(byte / 255) - m) / s;
  }
  return table;
}

/** Turns bytes (pixels, channels) into as many floats, at `offset` of `out`. */
export function normalise(bytes: Uint8Array, channels: number, table: Float32Array, out: Float32Array, offset: number) {
  for (let i = 0; i < bytes.length; i += channels) {
    for (let c = 0; c < channels; c++) out[offset + i + c] = table[c * 256 + bytes[i + c]!]!;
  }
}

/**
 * Writes image `index` of a set, shifted by (dy, dx) pixels over black and then mirrored if `flip`, as torchvision's RandomCrop(padding)
 * and RandomHorizontalFlip do with PIL images: black is byte 0 *before* normalisation.
 *
 * @param out gets (height, width, channels) float32 at `offset`.
 */
export function writeShifted(
  set: MemoryImages,
  index: number,
  { dy, dx, flip }: View,
  table: Float32Array,
  out: Float32Array,
  offset: number,
): void {
  const { height, width, channels, pixels } = set;
  const base = index * height * width * channels;
  let at = offset;
  for (let y = 0; y < height; y++) {
    const row = y + dy;
    const isInside = row >= 0 && row < height;
    const start = base + row * width * channels;
    for (let x = 0; x < width; x++) {
      const column = (flip ? width - 1 - x : x) + dx;
      const from = isInside && column >= 0 && column < width ? start + column * channels : -1;
      for (let c = 0; c < channels; c++) out[at++] = table[c * 256 + (from < 0 ? 0 : pixels[from + c]!)]!;
    }
  }
}

const CROP_ATTEMPTS = 10;
const MIN_RATIO = 3 / 4;
const MAX_RATIO = 4 / 3;

/**
 * torchvision's RandomResizedCrop: draws a share of the area from `minArea` to 1, and a ratio of sides that is uniform in its logarithm.
 */
export function randomResizedCrop(width: number, height: number, minArea: number, random: () => number): Crop {
  for (let attempt = 0; attempt < CROP_ATTEMPTS; attempt++) {
    const area = width * height * (minArea + (1 - minArea) * random());
    const ratio = MIN_RATIO * (MAX_RATIO / MIN_RATIO) ** random();
    const w = Math.round(Math.sqrt(area * ratio));
    const h = Math.round(Math.sqrt(area / ratio));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    return {
      left: Math.floor(random() * (width - w + 1)),
      top: Math.floor(random() * (height - h + 1)),
      width: w,
      height: h,
    };
  }
  // No draw fitted: take the largest central part whose ratio of sides is within the limits.
  const ratio = Math.min(MAX_RATIO, Math.max(MIN_RATIO, width / height));
  const w = Math.min(width, Math.round(height * ratio));
  const h = Math.min(height, Math.round(width / ratio));
  return { left: (width - w) >> 1, top: (height - h) >> 1, width: w, height: h };
}
