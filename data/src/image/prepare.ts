import { type InputRecipe, roundHalfToEven, SignwaveError } from '@signwave/format';
import { checkRaster, type RasterImage, toGray, toRgb } from './raster.js';
import { resizeAndCrop } from './resize.js';
import { resizeCentre } from './tensorflow-bicubic.js';

/** Greatest side of a resized image in pixels; Pillow keeps sizes in 32-bit integers. */
const MAX_RESIZED_SIDE = 2 ** 31 - 1;

/** Width and height, pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Make a model's input from an image of any size, as the model's recipe says: convert to RGB or gray, resize, crop the centre, order the
 * channels. Only what the crop keeps is computed.
 *
 * @param image  bytes (height, width, channels), channels RGB, RGBA (alpha is dropped) or gray.
 * @param recipe of the model's `input` node (SPEC.md 4.1).
 * @param height of the model's input, pixels.
 * @param width  of the model's input, pixels.
 * @returns (height, width, channels), channels as `recipe.channelOrder` says. Bytes, which equal those of Pillow 12 and torchvision (`convert`,
 *   `Resize`, `CenterCrop`) bit for bit; or, where the resize is `centreSquare`, which gives no bytes, preprocessed floats, which equal
 *   those of larq-zoo.
 * @throws {SignwaveError} `E_INPUT_SHAPE` if the image's bytes don't match its size, and as {@link resizedSize} and {@link resizeAndCrop}.
 */
export function prepareImage(
  image: RasterImage,
  recipe: InputRecipe,
  height: number,
  width: number,
): Uint8Array | Float32Array {
  checkRaster(image);
  const { channelOrder, resize } = recipe;
  const isGray = channelOrder === 'gray';
  // Luma mixes channels, so it has to come before the resize rounds them. RGB can be made afterwards, from the small part.
  const source = isGray ? toGray(image) : image;
  if (resize?.mode === 'centreSquare') {
    const samples = resizeCentre(isGray ? source : toRgb(source), height, width);
    return inOrder(samples, recipe).map((sample, i) => preprocessed(recipe, i % recipe.mean.length, sample));
  }
  const resized = resizedSize(image, recipe, height, width);
  const crop = {
    // As Python's `int(round(margin / 2.0))`.
    left: roundHalfToEven((resized.width - width) / 2),
    top: roundHalfToEven((resized.height - height) / 2),
    width,
    height,
  };
  const part = resizeAndCrop(source, resized.width, resized.height, resize?.interpolation ?? 'bilinear', crop);
  return inOrder(new Uint8Array((isGray ? part : toRgb(part)).data), recipe);
}

/** The float that a recipe makes of a sample of channel `c` (SPEC.md 4.1). */
export function preprocessed({ divisor, mean, std }: InputRecipe, c: number, sample: number): number {
  const { fround } = Math;
  return fround(fround(fround(sample / fround(divisor)) - fround(mean[c]!)) / fround(std[c]!));
}

/**
 * The size to which an image is resized before its centre is cropped. If the recipe has no resize, an image of another size becomes the
 * smallest one of its own shape that covers the input (SPEC.md 4.1); for a square input that is torchvision's `Resize(side)`.
 *
 * @throws {SignwaveError} `E_INPUT_SHAPE` if the recipe makes it smaller than the input, or if a side would be longer than {@link
 *   MAX_RESIZED_SIDE}, which takes an image millions of times as long as it is wide.
 */
export function resizedSize(image: PixelSize, { resize }: InputRecipe, height: number, width: number): PixelSize {
  if (resize?.mode === 'stretch') return { width, height };
  const resized = resize ? covering(image, resize.sizePixels, resize.sizePixels) : covering(image, height, width);
  const isTooSmall = resized.width < width || resized.height < height;
  if (isTooSmall || Math.max(resized.width, resized.height) > MAX_RESIZED_SIDE) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `the image of ${image.width} x ${image.height} pixels is resized to ${resized.width} x ${resized.height}, ` +
        (isTooSmall
          ? `smaller than the model's input of ${width} x ${height}: the recipe is wrong`
          : `above the limit of ${MAX_RESIZED_SIDE} a side: cut it first`),
    );
  }
  return resized;
}

/**
 * The resize in the recipe for folders of images, used by the trainer and by every later evaluation: the shorter side becomes 256 for an
 * input of 224, and others in proportion.
 *
 * @param side of the square input, pixels.
 */
export function evaluationResize(side: number): NonNullable<InputRecipe['resize']> {
  return { mode: 'shorterSide', sizePixels: Math.round(side * (256 / 224)), interpolation: 'bilinear' };
}

/** The smallest size of the image's shape that covers another size; the longer side is rounded down. For a square it is torchvision's `Resize(side)`. */
function covering(image: PixelSize, height: number, width: number): PixelSize {
  return image.width * height <= image.height * width
    ? { width, height: Math.max(height, inProportion(width, image.height, image.width)) }
    : { width: Math.max(width, inProportion(height, image.width, image.height)), height };
}

function inProportion(size: number, side: number, otherSide: number): number {
  return Math.trunc((size * side) / otherSide);
}

/** Swaps red and blue, in place, if the recipe asks for it. */
function inOrder<Samples extends Uint8Array | Float32Array>(samples: Samples, { channelOrder }: InputRecipe): Samples {
  for (let i = 0; channelOrder === 'bgr' && i < samples.length; i += 3) {
    const red = samples[i]!;
    samples[i] = samples[i + 2]!;
    samples[i + 2] = red;
  }
  return samples;
}
