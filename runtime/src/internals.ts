// What the workspace's own benchmarks, conformance tests and page take of the inside. package.json has this entry only for sources: there is none in
// the package as it is published.
export { recordCalls } from './c/record-calls.js';
export { cloneEngine, createEngine, type KernelExports } from './engine/engine.js';
export { Executable } from './engine/executable.js';
export { WASM_KERNELS } from './kernels/generated/records.js';
export {
  type LutParameters,
  type LutWork,
  lutCandidates,
  lutTerms,
  type Terms,
  xnorTerms,
} from './kernels/lut-parameters.js';
export type { PickTables } from './plan/choice.js';
export { COSTS } from './plan/costs.js';
export { makePlan, type PlanOptions } from './plan/make-plan.js';
export { answerCalls, WorkerCalls } from './web/worker-calls.js';
