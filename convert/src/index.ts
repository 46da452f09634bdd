export {
  type Checkpoint,
  type OpenOptions,
  openCheckpoint,
  type StoredDtype,
  type StoredTensor,
} from './checkpoints/index.js';
export { quote } from './checkpoints/quote.js';
export { type Conversion, type ConvertOptions, convertCheckpoint } from './convert.js';
export { ARCHITECTURES, type Architecture } from './models/architecture.js';
export { type BiperConfig, checkpointBiperConfig, parseBiperConfig } from './models/biper-config.js';
export { RECIPE_NAMES, recipeNamed } from './models/recipes.js';
export { compare as compareArchitecture, type Match, recognise } from './models/recognise.js';
export { exportOnnx, type OnnxOptions } from './onnx/index.js';
export { integerStem } from './passes/integer-stem.js';
