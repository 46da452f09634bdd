export { readPixels } from './bitmap.js';
export { readBlob } from './read-blob.js';
