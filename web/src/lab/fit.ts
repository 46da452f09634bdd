import { type InputNode, prepareImage, type RasterImage } from '@signwave/runtime';
import { rasterOf } from '@signwave/runtime/web';

/** Resize and crop an image as the model's recipe would if it had a resize: the shorter side to the input's, bilinear. */
export async function fitImage(image: ImageBitmap, { height, width, recipe }: InputNode): Promise<RasterImage> {
  const raster = await rasterOf(image);
  image.close();
  const isGray = recipe!.channelOrder === 'gray';
  const scale = Math.max(width / raster.width, height / raster.height);
  const sizePixels = Math.ceil(Math.min(raster.width, raster.height) * scale);
  const data = prepareImage(
    raster,
    {
      ...recipe!,
      channelOrder: isGray ? 'gray' : 'rgb',
      resize: { mode: 'shorterSide', sizePixels, interpolation: 'bilinear' },
    },
    height,
    width,
  );
  return { height, width, channels: isGray ? 1 : 3, data };
}
