import { HARDTANH_GRADIENT, HARDTANH_OF_SUM } from '../layers/hardtanh.js';
import { SCALED_SIGN_GRADIENT } from '../quantizers/per-sample.js';
import type { Tensor, Tf } from '../types.js';
import { replaceKernel } from './convolution-gradients.js';
import { tensorflowKernels } from './tensorflow-ops.js';

/** The ops of setup/fused-ops.cc and the names of their inputs, in order. The tfjs kernels have the same names as the ops. */
const FUSED_OPERATIONS: Readonly<Record<string, readonly [string, string]>> = {
  [HARDTANH_OF_SUM]: ['x', 'z'],
  [HARDTANH_GRADIENT]: ['dy', 'y'],
  [SCALED_SIGN_GRADIENT]: ['dy', 'a'],
};

/**
 * Register those of our operations that the addon has; they run on a CPU. An addon built by an earlier version of `signwave setup
 * tensorflow` may have only some or none; what is missing is composed of other kernels.
 */
export function registerFusedOperations(tf: Tf): void {
  for (const [op, [first, second]] of Object.entries(FUSED_OPERATIONS)) {
    if (!isInAddon(tf, op)) continue;
    replaceKernel(tf, op, 'tensorflow', ({ inputs }) =>
      run(tf, op, [inputs[first] as Tensor, inputs[second] as Tensor]),
    );
  }
}

/** Whether all of our operations are registered. */
export function hasFusedOperations(tf: Tf): boolean {
  return Object.keys(FUSED_OPERATIONS).every((op) => tf.getKernel(op, 'tensorflow'));
}

/** The addon can't list TensorFlow's ops, so this runs the op, on empty tensors. */
function isInAddon(tf: Tf, op: string): boolean {
  return tf.tidy(() => {
    const none = tf.zeros([0]);
    try {
      run(tf, op, [none, none]);
      return true;
    } catch {
      return false;
    }
  });
}

function run(tf: Tf, op: string, inputs: Tensor[]): Tensor {
  return tensorflowKernels(tf).executeMultipleOutputs(op, [], inputs, 1)[0]!;
}
