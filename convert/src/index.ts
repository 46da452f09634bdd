export {
  type Checkpoint,
  checkpointFolderError,
  type OpenOptions,
  openCheckpoint,
  type PartOptions,
  SeveralStateDicts,
  type StateDict,
  type StoredDtype,
  type StoredTensor,
} from './checkpoints/index.js';
export { readNpyHeader } from './checkpoints/npy-header.js';
export { quote } from './checkpoints/quote.js';
export { ZipArchive } from './checkpoints/zip-archive.js';
export { type Conversion, type ConvertOptions, convertCheckpoint } from './convert.js';
export { type Architecture, architectureId } from './models/architecture.js';
export { ARCHITECTURES } from './models/architectures.js';
export { type BiperConfig, checkpointBiperConfig, parseBiperConfig } from './models/biper-config.js';
export { compareAll, type Match } from './models/compare.js';
export { nearestTable } from './models/match-tables.js';
export { NetworkBuilder } from './models/network-builder.js';
export { type NetworkDefinition, ownArchitecture } from './models/own-network.js';
export { parseNetworkJson } from './models/own-network-json.js';
export { agreesWithTrained, describeRecipe, parseRecipeJson, RECIPE_NAMES } from './models/recipes.js';
export { recognise } from './models/recognise.js';
export { type TrainedFacts, trainedFacts } from './models/trained/metadata.js';
export { trainedArchitecture } from './models/trained/networks.js';
export { channelsFirst } from './onnx/channel-order.js';
export { exportOnnx, type OnnxOptions } from './onnx/index.js';
export { type SmallerWeights, type SmallType, smallerWeightsOf, withSmallerWeights } from './passes/smaller-weights.js';
export type { SourceTie, TieCause } from './passes/source-ties.js';
export { type ConvertTfliteOptions, convertTflite, type TfliteConversion } from './tflite/convert-tflite.js';
export { describeTflite, type TfliteLayer, type TfliteSummary, type TfliteWeights } from './tflite/describe-tflite.js';
export { type LoweredTflite, lowerTflite } from './tflite/lower-tflite.js';
export { floatsOf } from './tflite/lowering.js';
export { readTflite, type TfliteModel, type TfliteOperator } from './tflite/read-tflite.js';
