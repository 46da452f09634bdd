import type {
  InputNode,
  LoadOptions,
  ModelInfo,
  PlanStep,
  Prediction,
  RasterImage,
  RuntimeInfo,
  StepProfile,
} from '../index.js';

/** What a page asks of its worker: the name of a method, and what it returns. */
export interface Methods {
  load(bytes: Uint8Array, options: Pick<LoadOptions, 'name' | 'kernels' | 'threads' | 'tune' | 'wasm'>): LoadedModel;
  run(input: Uint8Array | Uint8ClampedArray | Float32Array): Float32Array;
  classify(image: RasterImage | ImageBitmap, topK: number | undefined): Prediction[];
  plan(): PlanStep[];
  profile(input: Uint8Array | Uint8ClampedArray | Float32Array, repeats: number | undefined): StepProfile[];
}

/** What doesn't change while a model is loaded. */
export interface LoadedModel {
  readonly metadata: ModelInfo;
  readonly input: InputNode;
  readonly outputs: number;
  readonly info: RuntimeInfo;
}
