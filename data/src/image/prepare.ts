import { type InputRecipe, SignwaveError } from '@signwave/format';
import { checkRaster, type RasterImage, toGray, toRgb } from './raster.js';
import { resizeImage } from './resize.js';

/**
 * Make a model's input bytes from an image of any size, as the model's recipe says: convert to RGB or gray, resize,
 * crop the centre, put the channels in order. The bytes are those of Pillow 12 and torchvision (`convert`,
 * `Resize`, `CenterCrop`), bit for bit.
 *
 * @param image  bytes (height, width, channels), channels RGB, RGBA (alpha is dropped) or gray.
 * @param recipe of the model's `input` node (SPEC.md 4.1).
 * @param height of the model's input, pixels.
 * @param width  of the model's input, pixels.
 * @returns bytes (height, width, channels), channels as `recipe.channelOrder` says.
 * @throws {SignwaveError} `E_INPUT_SHAPE` if the image's bytes don't match its size; if it hasn't the input's size and
 *   the recipe has no resize; if a shorter side resized by the recipe is smaller than the input.
 */
export function prepareImage(image: RasterImage, recipe: InputRecipe, height: number, width: number): Uint8Array {
  checkRaster(image);
  const converted = recipe.channelOrder === 'gray' ? toGray(image) : toRgb(image);
  const bytes = cropCentre(resizeByRecipe(converted, recipe, height, width), height, width);
  if (recipe.channelOrder === 'bgr') swapRedAndBlue(bytes);
  return bytes;
}

function resizeByRecipe(image: RasterImage, recipe: InputRecipe, height: number, width: number): RasterImage {
  const { resize } = recipe;
  if (resize === undefined) {
    if (image.width === width && image.height === height) return image;
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `the image is ${image.width} x ${image.height} pixels (width x height), the model takes ${width} x ${height}, ` +
        'and its recipe names no resize; bring the image to that size first',
    );
  }
  if (resize.mode === 'stretch') return resizeImage(image, width, height, resize.interpolation);

  const size = resize.sizePixels;
  const resizedWidth = image.width <= image.height ? size : longerSide(size, image.width, image.height);
  const resizedHeight = image.width <= image.height ? longerSide(size, image.height, image.width) : size;
  if (resizedWidth < width || resizedHeight < height) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      `the model's recipe resizes the image of ${image.width} x ${image.height} pixels to ${resizedWidth} x ` +
        `${resizedHeight}, which is smaller than the model's input of ${width} x ${height}; the recipe is wrong`,
    );
  }
  return resizeImage(image, resizedWidth, resizedHeight, resize.interpolation);
}

/** torchvision's `Resize(size)`: the shorter side becomes `size`, the longer one is rounded down. */
function longerSide(size: number, longer: number, shorter: number): number {
  return Math.trunc((size * longer) / shorter);
}

/** torchvision's `CenterCrop`. @returns bytes (height, width, channels) of their own. */
function cropCentre(image: RasterImage, height: number, width: number): Uint8Array {
  const { channels, data } = image;
  const top = halfToEven(image.height - height);
  const left = halfToEven(image.width - width);
  const rowBytes = width * channels;
  const bytes = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    bytes.set(data.subarray(from, from + rowBytes), y * rowBytes);
  }
  return bytes;
}

/** `int(round(margin / 2.0))` in Python, which rounds halves to the even neighbour: 1 -> 0, 3 -> 2, 5 -> 2, 7 -> 4. */
function halfToEven(margin: number): number {
  const half = Math.floor(margin / 2);
  return margin % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}

function swapRedAndBlue(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i += 3) {
    const red = bytes[i]!;
    bytes[i] = bytes[i + 2]!;
    bytes[i + 2] = red;
  }
}
