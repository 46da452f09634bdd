export { fileExists, readFileBytes, systemReason } from './file-access.js';
export { decodeImage, readImage } from './read-image.js';
