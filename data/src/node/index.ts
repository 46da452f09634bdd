export { fileExists, readFileBytes, systemReason } from './file-access.js';
export type { ClippedImage } from './netpbm.js';
export { decodeImage, readImage } from './read-image.js';
