export type { RasterImage } from '@signwave/data';
export { prepareImage } from '@signwave/data';
export {
  type ErrorCode,
  type InputNode,
  type InputRecipe,
  type MapShape,
  type ModelInfo,
  SignwaveError,
} from '@signwave/format';
export type { KernelChoice } from './engine/engine.js';
export type { WasmSource, WasmSources } from './engine/wasm-sources.js';
export { type LoadOptions, load } from './load.js';
export { Model, type PlanStep, type Prediction, type RuntimeInfo, type StepProfile } from './model.js';
export type { Pixels } from './raster-from.js';
export type { ModelSource } from './source.js';
