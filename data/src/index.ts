export { evaluationResize, type PixelSize, prepareImage, preprocessed, resizedSize } from './image/prepare.js';
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
export { checkLabelCount, parseLabels } from './labels.js';
export { DATA_ARGUMENT, DATA_FORMATS, type DataFormat, parseDataArgument } from './sets/formats.js';
export {
  type Dataset,
  type FileImages,
  type ImageSet,
  type MemoryImages,
  type Remark,
  sharedBytes,
  sharedLabels,
  takeImages,
} from './sets/image-set.js';
export { keyedOrder, keyedRandom } from './sets/keyed-random.js';
export { areNumbersOutOfOrder, listNames, type ModelClasses } from './sets/match-classes.js';
export { describeSample, sampleIndices } from './sets/sample.js';
