import { nameOf, SignwaveError, tagOf } from '@signwave/format';

/** An image of 8-bit samples, as decoders and canvases give it. */
export interface RasterImage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** 1: gray; 3: RGB; 4: RGB and alpha (not premultiplied). */
  readonly channels: 1 | 3 | 4;
  /** (height, width, channels) samples, row-major, channels fastest. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** An image from a file whose gray samples may have been clipped. */
export interface ClippedImage extends RasterImage {
  /** True if the file has gray samples of 16 bits and some above 255 became 255, as in Pillow's `convert`. */
  readonly isClipped: boolean;
}

/** What to tell the owner of such an image. @param name of the image. */
export function describeClipping(name: string): string {
  return (
    `${name} has gray samples of 16 bits, of which those above 255 became 255, as Pillow's convert does: ` +
    'such an image is white, or nearly so; save it with 8 bits a sample'
  );
}

/** Turns gray samples of 16 bits into bytes, clipped to 255 as by Pillow's `convert`. */
export function clippedGray(width: number, height: number, samples: Uint16Array): ClippedImage {
  const data = new Uint8ClampedArray(samples); // clamps
  return { width, height, channels: 1, data, isClipped: samples.some((sample) => sample > 255) };
}

/** A rectangle of an image, in pixels. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** @throws {SignwaveError} `E_INPUT_SHAPE` unless the image has at least one pixel and exactly as many bytes as its size asks for. */
export function checkRaster(image: RasterImage): void {
  const { width, height, channels, data }: RasterImage = Object(image);
  if (!/^Uint8(Clamped)?Array$/.test(tagOf(data))) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      data === undefined
        ? `expected an ImageData or { width, height, channels, data }, got ${nameOf(image)}; rasterOf() of @signwave/runtime/web reads other images`
        : `the data of the image is ${nameOf(data)}; expected bytes from 0 to 255 in a Uint8Array or Uint8ClampedArray`,
    );
  }
  const size = `an image of ${nameOf(width)} x ${nameOf(height)} pixels with ${nameOf(channels)} channels`;
  const isWhole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!isWhole || ![1, 3, 4].includes(channels)) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `${size} was given; expected at least 1 x 1 pixel and 1 (gray), 3 (RGB) or 4 (RGBA) channels`,
    );
  }
  const wanted = width * height * channels;
  if (data.length !== wanted) {
    throw new SignwaveError('E_INPUT_SHAPE', `${size} has ${data.length} bytes, expected ${wanted}`);
  }
}

/**
 * The image as RGB, as `PIL.Image.convert('RGB')` makes it: gray is repeated three times, alpha is dropped without
 * blending (the colour under a transparent pixel stays as it is stored).
 *
 * @returns an image of 3 channels; the argument itself if it is one already.
 */
export function toRgb(image: RasterImage): RasterImage {
  const { width, height, channels, data } = image;
  if (channels === 3) return image;
  const rgb = new Uint8Array(width * height * 3);
  // From one sample to the next of a pixel; gray has one only.
  const step = channels === 1 ? 0 : 1;
  for (let to = 0, from = 0; to < rgb.length; from += channels) {
    for (let c = 0; c < 3; c++) rgb[to++] = data[from + c * step]!;
  }
  return { width, height, channels: 3, data: rgb };
}

/**
 * The image as luma, as `PIL.Image.convert('L')` makes it: ITU-R 601 weights .299, .587, .114 in 16-bit fixed point
 * (they add up to 65536), rounded half up. Alpha is dropped without blending.
 *
 * @returns an image of 1 channel; the argument itself if it is one already.
 */
export function toGray(image: RasterImage): RasterImage {
  const { width, height, channels, data } = image;
  if (channels === 1) return image;
  const gray = new Uint8Array(width * height);
  for (let pixel = 0; pixel < gray.length; pixel++) {
    const from = pixel * channels;
    gray[pixel] = (data[from]! * 19595 + data[from + 1]! * 38470 + data[from + 2]! * 7471 + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: gray };
}

/** Samples of the map between the two passes of a resize: a few seconds of work. An image of 170 million pixels takes 10 million when it becomes 224 wide. */
const MAX_RESIZE_SAMPLES = 2 ** 28;

/** Gives `count`. @throws {SignwaveError} `E_INPUT_SHAPE` if a resize would take more samples than {@link MAX_RESIZE_SAMPLES}. */
export function resizeSamples(count: number): number {
  if (count > MAX_RESIZE_SAMPLES) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `resizing the image takes ${count} samples, at most ${MAX_RESIZE_SAMPLES} are possible`,
    );
  }
  return count;
}
