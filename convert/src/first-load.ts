// What the page needs of the converter before it has a file: all but what reads a `.tflite`, which it loads when one is dropped. esbuild loads
// whatever is reached through a package's index at once. package.json has this entry only for sources: there is none in the package as it
// is published.
export { type Checkpoint, openCheckpoint } from './checkpoints/index.js';
export { convertCheckpoint } from './convert.js';
export { architectureId } from './models/architecture.js';
export { ARCHITECTURES } from './models/architectures.js';
export { checkpointBiperConfig, parseBiperConfig } from './models/biper-config.js';
export { parseNetworkJson } from './models/own-network-json.js';
export { RECIPE_NAMES } from './models/recipes.js';
