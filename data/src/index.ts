export { prepareImage } from './image/prepare.js';
export { checkRaster, type RasterImage } from './image/raster.js';
export { checkLabelCount, parseLabels } from './labels.js';
