import { checkRaster, type RasterImage } from '@signwave/data';

/** An image of bytes. A canvas gives one without `channels`; then the length of the data says how many there are. */
export type Pixels = RasterImage | Omit<RasterImage, 'channels'> | ImageData;

/** Check an image and complete it. @throws {SignwaveError} `E_INPUT_SHAPE` if it is none. */
export function rasterFrom(image: Pixels): RasterImage {
  const { width, height, channels, data } = Object(image);
  const lacksChannels = channels === undefined && ArrayBuffer.isView(data);
  const raster = (
    lacksChannels ? { width, height, channels: (data as Uint8Array).length / (width * height), data } : image
  ) as RasterImage;
  checkRaster(raster);
  return raster;
}
