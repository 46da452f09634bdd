import { type InputRecipe, roundHalfToEven, SignwaveError } from '@signwave/format';
import { checkRaster, type RasterImage, toGray, toRgb } from './raster.js';
import { resizeAndCrop } from './resize.js';

/** Greatest side of a resized image in pixels; Pillow keeps sizes in 32-bit integers. */
const MAX_RESIZED_SIDE = 2 ** 31 - 1;

/** Test images are scaled so that the shorter side is this times the network's side, then cropped: 256 for 224. */
const EVALUATION_SCALE = 256 / 224;

/** Width and height, pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Make a model's input bytes from an image of any size, as the model's recipe says: convert to RGB or gray, resize, crop the centre, order
 * the channels. The bytes equal those of Pillow 12 and torchvision (`convert`, `Resize`, `CenterCrop`) bit for bit. Only what the crop
 * keeps is computed.
 *
 * @param image  bytes (height, width, channels), channels RGB, RGBA (alpha is dropped) or gray.
 * @param recipe of the model's `input` node (SPEC.md 4.1).
 * @param height of the model's input, pixels.
 * @param width  of the model's input, pixels.
 * @returns bytes (height, width, channels), channels as `recipe.channelOrder` says.
 * @throws {SignwaveError} `E_INPUT_SHAPE` if the image's bytes don't match its size, and as {@link resizedSize}.
 */
export function prepareImage(image: RasterImage, recipe: InputRecipe, height: number, width: number): Uint8Array {
  checkRaster(image);
  const resized = resizedSize(image, recipe, height, width);
  const crop = {
    // As Python's `int(round(margin / 2.0))`.
    left: roundHalfToEven((resized.width - width) / 2),
    top: roundHalfToEven((resized.height - height) / 2),
    width,
    height,
  };
  const interpolation = recipe.resize?.interpolation ?? 'bilinear';
  const isGray = recipe.channelOrder === 'gray';
  // Luma mixes channels, so it has to come before the resize rounds them. RGB can be made afterwards, from the small part.
  const source = isGray ? toGray(image) : image;
  const part = resizeAndCrop(source, resized.width, resized.height, interpolation, crop);
  const bytes = new Uint8Array((isGray ? part : toRgb(part)).data);
  if (recipe.channelOrder === 'bgr') swapRedAndBlue(bytes);
  return bytes;
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
  const resized = resize ? shorterSideTo(resize.sizePixels, image) : covering(image, height, width);
  if (resized.width < width || resized.height < height) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `the model's recipe resizes the image of ${image.width} x ${image.height} pixels to ${resized.width} x ` +
        `${resized.height}, which is smaller than the model's input of ${width} x ${height}; the recipe is wrong`,
    );
  }
  if (Math.max(resized.width, resized.height) > MAX_RESIZED_SIDE) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `the image of ${image.width} x ${image.height} pixels is too long for its width: resized to ${resized.width} x ` +
        `${resized.height} it passes the limit of ${MAX_RESIZED_SIDE} pixels a side; cut it first`,
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
  return { mode: 'shorterSide', sizePixels: Math.round(side * EVALUATION_SCALE), interpolation: 'bilinear' };
}

/** torchvision's `Resize(size)`: the shorter side becomes `size`, the longer one is rounded down. */
function shorterSideTo(size: number, { width, height }: PixelSize): PixelSize {
  return width <= height
    ? { width: size, height: inProportion(size, height, width) }
    : { width: inProportion(size, width, height), height: size };
}

/** The smallest size of the image's shape that covers the input's size; the longer side is rounded down. */
function covering(image: PixelSize, height: number, width: number): PixelSize {
  return image.width * height <= image.height * width
    ? { width, height: Math.max(height, inProportion(width, image.height, image.width)) }
    : { width: Math.max(width, inProportion(height, image.width, image.height)), height };
}

function inProportion(size: number, side: number, otherSide: number): number {
  return Math.trunc((size * side) / otherSide);
}

function swapRedAndBlue(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i += 3) {
    const red = bytes[i]!;
    bytes[i] = bytes[i + 2]!;
    bytes[i + 2] = red;
  }
}
