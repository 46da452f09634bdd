export * from './analysis/index.js';
export { BACKEND_NAMES, type BackendName } from './backends/backend-names.js';
export { chooseBackend } from './backends/choose-backend.js';
export { parseConfig, readConfig, type TrainConfig } from './config/parse-config.js';
export type { Observer, StepProgress } from './run/loop.js';
export type { EpochMetrics, Metrics, StepMetrics } from './run/metrics.js';
export { duration, ProgressBar } from './run/progress-bar.js';
export { type TrainOptions, type TrainResult, train } from './run/train.js';
export { removeTensorflow, type SetupOptions, setupTensorflow } from './setup/tensorflow.js';
