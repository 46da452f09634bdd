import { type Crop, type RasterImage, resizeSamples } from './raster.js';

// Resizing with the bits of Pillow (src/libImaging/Resample.c), since that is what the networks were trained and
// tested with: other resizers differ by up to tens of grey levels, which moves accuracy. Rows are resized first, always
// (SPEC.md 4.1), as Pillow did up to 12.3; Pillow 13 starts with the columns where the image is tall and shrinks, for
// speed, which rounds differently between the passes.
//
//   out[x] = clip8((sum_i in[first(x) + i] * weight(x, i) + 2^21) >> 22)
//
// The weights are a filter stretched by the scale when the image shrinks (antialiasing), cut at the border,
// normalised to the sum 1 in float64, then rounded half away from zero to 22 fraction bits. The map between the
// two passes is 8-bit too.

export type Interpolation = 'bilinear' | 'bicubic';

/** 32 bits, less 8 for the sample, less 2 for sums above 255 (bicubic overshoots), so that sums fit an int32. */
const FRACTION_BITS = 32 - 8 - 2;
const HALF = 1 << (FRACTION_BITS - 1);

interface Filter {
  /** Half the width of the filter, in input pixels at scale 1. */
  readonly support: number;
  /** @param x distance from the centre, in input pixels at scale 1. */
  weight(x: number): number;
}

const FILTERS: Readonly<Record<Interpolation, Filter>> = {
  bilinear: {
    support: 1,
    weight: (x) => Math.max(0, 1 - Math.abs(x)),
  },
  bicubic: {
    support: 2,
    weight: (x) => keysCubic(-0.5, Math.abs(x)),
  },
};

/** Keys' cubic at distance `d`. Operations are in Pillow's order, or in TensorFlow's for d above 1, because their float64 roundings matter; for a = -0.5 both give the same. */
export function keysCubic(a: number, d: number): number {
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/** Which input samples contribute to each output sample, along one axis. */
interface Taps {
  /** (outputs) index of the first input sample. */
  readonly first: Int32Array;
  /** (outputs) number of input samples. */
  readonly count: Int32Array;
  /** (outputs, window) weights with {@link FRACTION_BITS} fraction bits; entries past `count` are 0. */
  readonly weights: Int32Array;
  readonly window: number;
}

/** One axis of an image that is resized from `inSize` to `outSize` samples, of which `kept` samples from `from` on are wanted. */
interface Axis {
  readonly inSize: number;
  readonly outSize: number;
  readonly from: number;
  readonly kept: number;
}

/**
 * Resize to `width` x `height` pixels, bit for bit like `PIL.Image.resize` of Pillow 12 with BILINEAR or BICUBIC. Every channel is resized
 * by itself, so drop alpha first: Pillow would premultiply it.
 *
 * @param image (height, width, channels) bytes.
 * @returns a new image, or the argument itself if it has that size already.
 */
export function resizeImage(
  image: RasterImage,
  width: number,
  height: number,
  interpolation: Interpolation,
): RasterImage {
  if (width === image.width && height === image.height) return image;
  return resizeAndCrop(image, width, height, interpolation, { left: 0, top: 0, width, height });
}

/**
 * The part `crop` of the image resized to `width` x `height` pixels. It has the bits of {@link resizeImage} and a crop, but only what the
 * part needs is computed: a strip of 1 x 20,000 pixels may become 256 x 5,120,000 at no cost.
 *
 * @param crop within `width` x `height`.
 * @returns a new image of the crop's size.
 * @throws {SignwaveError} `E_INPUT_SHAPE` as {@link resizeSamples}.
 */
export function resizeAndCrop(
  image: RasterImage,
  width: number,
  height: number,
  interpolation: Interpolation,
  crop: Crop,
): RasterImage {
  if (width === image.width && height === image.height) return cropImage(image, crop);
  // An axis that keeps its size needs no special case: its weights are 1 and 0, which change no sample.
  const filter = FILTERS[interpolation];
  const columns = tapsOf({ inSize: image.width, outSize: width, from: crop.left, kept: crop.width }, filter);
  const rows = tapsOf({ inSize: image.height, outSize: height, from: crop.top, kept: crop.height }, filter);
  const firstRow = rows.first[0]!; // first[i] and first[i] + count[i] never fall with i
  const endRow = rows.first.at(-1)! + rows.count.at(-1)!;
  const narrow = resizeRows(image, firstRow, endRow, columns);
  return resizeColumns(narrow, firstRow, rows);
}

/** @returns a copy of the part, as a new image. */
export function cropImage(image: RasterImage, { left, top, width, height }: Crop): RasterImage {
  const { channels, data } = image;
  const rowBytes = width * channels;
  const part = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    part.set(data.subarray(from, from + rowBytes), y * rowBytes);
  }
  return { width, height, channels, data: part };
}

function tapsOf({ inSize, outSize, from: firstOut, kept }: Axis, filter: Filter): Taps {
  const scale = inSize / outSize;
  const stretch = Math.max(1, scale);
  const support = filter.support * stretch;
  const window = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(kept);
  const count = new Int32Array(kept);
  const weights = new Int32Array(kept * window);
  const exact = new Float64Array(window);

  for (let out = 0; out < kept; out++) {
    const centre = (firstOut + out + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - support + 0.5));
    const taps = Math.min(inSize, Math.trunc(centre + support + 0.5)) - from;
    let sum = 0;
    for (let i = 0; i < taps; i++) {
      // Multiplied by the reciprocal, as Pillow does: a division rounds differently.
      const weight = filter.weight((i + from - centre + 0.5) * (1 / stretch));
      exact[i] = weight;
      sum += weight;
    }
    for (let i = 0; i < taps; i++) {
      const weight = (sum === 0 ? exact[i]! : exact[i]! / sum) * (1 << FRACTION_BITS);
      weights[out * window + i] = weight < 0 ? weight - 0.5 : weight + 0.5; // truncated, being stored
    }
    first[out] = from;
    count[out] = taps;
  }
  return { first, count, weights, window };
}

/** The horizontal pass over the rows `firstRow` to `endRow` - 1: (image.height, image.width, channels) -> (rows, columns, channels). */
function resizeRows(image: RasterImage, firstRow: number, endRow: number, columns: Taps): RasterImage {
  const { channels, data } = image;
  const { first, count, weights, window } = columns;
  const width = first.length;
  const height = endRow - firstRow;
  const out = new Uint8ClampedArray(resizeSamples(height * width * channels)); // clamps to 0..255 as Pillow's clip8
  let to = 0;
  for (let y = firstRow; y < endRow; y++) {
    const row = y * image.width * channels;
    for (let x = 0; x < width; x++) {
      const taps = count[x]!;
      for (let c = 0; c < channels; c++) {
        let from = row + first[x]! * channels + c;
        let sum = HALF;
        for (let i = 0; i < taps; i++, from += channels) sum += data[from]! * weights[x * window + i]!;
        out[to++] = sum >> FRACTION_BITS;
      }
    }
  }
  return { width, height, channels, data: out };
}

/** The vertical pass, on rows of plain samples: `image` holds the rows from `firstRow` on. */
function resizeColumns(image: RasterImage, firstRow: number, rows: Taps): RasterImage {
  const { width, channels, data } = image;
  const { first, count, weights, window } = rows;
  const height = first.length;
  const rowSamples = width * channels;
  const out = new Uint8ClampedArray(height * rowSamples);
  const sums = new Int32Array(rowSamples);
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let i = 0; i < count[y]!; i++) {
      const weight = weights[y * window + i]!;
      const from = (first[y]! + i - firstRow) * rowSamples;
      for (let s = 0; s < rowSamples; s++) sums[s]! += data[from + s]! * weight;
    }
    for (let s = 0; s < rowSamples; s++) out[y * rowSamples + s] = sums[s]! >> FRACTION_BITS;
  }
  return { width, height, channels, data: out };
}
