export { evaluationResize, type PixelSize, prepareImage, resizedSize } from './image/prepare.js';
export {
  type ClippedImage,
  type Crop,
  checkRaster,
  describeClipping,
  type RasterImage,
  toGray,
  toRgb,
} from './image/raster.js';
export { cropImage, resizeImage } from './image/resize.js';
