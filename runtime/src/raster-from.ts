import { checkRaster, type RasterImage } from '@signwave/data';

/** An image of bytes, as a canvas, too, gives it: without `channels`, which the length then tells. */
export type Pixels = RasterImage | Omit<RasterImage, 'channels'> | ImageData;

/** @throws {SignwaveError} `E_INPUT_SHAPE` for anything else. */
export function rasterFrom(image: Pixels): RasterImage {
  const { width, height, channels, data } = Object(image);
  const lacksChannels = channels === undefined && ArrayBuffer.isView(data);
  const raster = (
    lacksChannels ? { width, height, channels: (data as Uint8Array).length / (width * height), data } : image
  ) as RasterImage;
  checkRaster(raster);
  return raster;
}
