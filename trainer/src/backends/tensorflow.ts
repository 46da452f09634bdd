import { createRequire } from 'node:module';
import type { Tf } from '../types.js';
import type { Attempt } from './attempt.js';
import { firstLine, isNotInstalled, type Modules } from './modules.js';
import { createFusedBatchNorm } from './tensorflow-batch-norm.js';
import { registerExplicitPads } from './tensorflow-convolution.js';
import { registerOnePassOperations } from './tensorflow-elementwise.js';
import { hasFusedOperations, registerFusedOperations } from './tensorflow-fused.js';
import { tensorflowKernels } from './tensorflow-ops.js';
import { shareUnchanged } from './tensorflow-sharing.js';

export const TENSORFLOW_PACKAGE = '@tensorflow/tfjs-node-gpu';
const BUILD_IT = 'Run: signwave setup tensorflow';

/**
 * TensorFlow's C library through tfjs-node's addon, as `signwave setup tensorflow` builds it. It is taken on a CPU as well as on a GPU: on
 * both it trains several times faster than wasm.
 */
export async function openTensorflow(modules: Modules): Promise<Attempt> {
  const tf = await modules.tfjs();
  // Keeps TensorFlow from printing notes about the CPU's features, and from taking all of a GPU's memory at once.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  restoreRemovedUtilFunctions();
  try {
    await modules.tensorflow();
  } catch (error) {
    return unavailable(error);
  }
  await tf.setBackend('tensorflow');
  await tf.ready();
  registerExplicitPads(tf);
  registerOnePassOperations(tf);
  shareUnchanged(tf);
  const { isUsingGpuDevice: isGpu } = tensorflowKernels(tf);
  if (!isGpu) registerFusedOperations(tf);
  return {
    name: 'tensorflow',
    tf,
    device: describeDevice(tf),
    isGpu,
    fusedBatchNorm: createFusedBatchNorm(tf),
  };
}

function describeDevice(tf: Tf): string {
  const { binding, isUsingGpuDevice } = tensorflowKernels(tf);
  const version = `TensorFlow ${binding.TF_Version}`;
  if (isUsingGpuDevice) return `${version}, GPU`;
  return `${version}, CPU${hasFusedOperations(tf) ? '' : ' without fused operations (signwave setup tensorflow adds them)'}`;
}

/** Put back functions of `util` that Node 23 removed and that tfjs-node 4.22, the last release, calls. */
function restoreRemovedUtilFunctions(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

function unavailable(error: unknown): Attempt {
  if (isNotInstalled(error, TENSORFLOW_PACKAGE)) {
    return {
      reason: `${TENSORFLOW_PACKAGE} is not installed`,
      remedy: `Run: npm install --ignore-scripts ${TENSORFLOW_PACKAGE}@4.22.0, then: signwave setup tensorflow`,
    };
  }
  if (/native addon module .* can not be found/.test(firstLine(error))) {
    return { reason: 'its addon is not built', remedy: BUILD_IT };
  }
  return { reason: `its addon does not load: ${firstLine(error)}`, remedy: BUILD_IT };
}
