export { outputBounds } from './bounds/output-bounds.js';
export type { FeatureMap } from './feature-map.js';
export { inputMap } from './input-map.js';
export { type Recording, Reference } from './reference.js';
