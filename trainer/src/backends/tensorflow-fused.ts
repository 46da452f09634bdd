import { HARDTANH_GRADIENT, HARDTANH_OF_SUM } from '../layers/hardtanh.js';
import { SCALED_SIGN_GRADIENT } from '../quantizers/activations/per-sample.js';
import type { Tensor, Tf } from '../types.js';
import { replaceKernel } from './convolution-gradients.js';
import { tensorflowKernels } from './tensorflow-ops.js';

/** The ops of setup/fused-ops.cc, which are tfjs kernels of the same names, with the names of their inputs in order. */
const FUSED_OPERATIONS: Readonly<Record<string, readonly [string, string]>> = {
  [HARDTANH_OF_SUM]: ['x', 'z'],
  [HARDTANH_GRADIENT]: ['dy', 'y'],
  [SCALED_SIGN_GRADIENT]: ['dy', 'a'],
};

/**
 * Register those of our operations that the addon has; they are for a CPU. One that an earlier version of `signwave setup tensorflow` built
 * has none or some, and what is missing is composed of other kernels.
 */
export function registerFusedOperations(tf: Tf): void {
  for (const [op, [first, second]] of Object.entries(FUSED_OPERATIONS)) {
    if (!isInAddon(tf, op)) continue;
    replaceKernel(tf, op, 'tensorflow', ({ inputs }) =>
      run(tf, op, [inputs[first] as Tensor, inputs[second] as Tensor]),
    );
  }
}

/** Whether all of them are registered. */
export function hasFusedOperations(tf: Tf): boolean {
  return Object.keys(FUSED_OPERATIONS).every((op) => tf.getKernel(op, 'tensorflow'));
}

/** The addon shows no list of TensorFlow's ops, so the op is run, on nothing. */
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
