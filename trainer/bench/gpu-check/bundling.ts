// What the program that makes bundles takes of the check.
export { FILES, MANIFEST, sha256, verifySize } from './bundle-layout.js';
export { toResiduals } from './image-residuals.js';
export { blankLocaleData } from './locale-data.js';
export { unpack } from './unpack.js';
