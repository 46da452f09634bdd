import { HARDTANH_GRADIENT, HARDTANH_OF_SUM } from '../layers/hardtanh.js';
import { PRELU, PRELU_GRADIENT } from '../layers/prelu.js';
import { CENTRED_SIGN_GRADIENT } from '../methods/rbnn.js';
import { RECTIFIED_SIGN_GRADIENT } from '../methods/reste.js';
import { SCALED_SIGN_GRADIENT } from '../quantizers/per-sample.js';
import { SOFT_STEP_GRADIENT, TWO_LEVELS } from '../quantizers/soft-step.js';
import { NOISY_SIGN, NOISY_SIGN_GRADIENT } from '../quantizers/square-wave.js';
import { TANH_GRADIENT } from '../quantizers/tanh-slope.js';
import { TRIANGLE_GRADIENT } from '../quantizers/triangle.js';
import type { Tensor, Tf } from '../types.js';
import { replaceKernel } from './convolution-gradients.js';
import { tensorflowKernels } from './tensorflow-ops.js';

interface FusedOperation {
  /** Names of the maps, in order. */
  readonly maps: readonly string[];
  /** Number of `parameters`, its last input; none if it has no such input. */
  readonly parameters?: number;
  /** Number of outputs; default 1. */
  readonly outputs?: number;
}

/** The ops of setup/fused-ops.cc. The tfjs kernels have the same names as the ops. */
export const FUSED_OPERATIONS: Readonly<Record<string, FusedOperation>> = {
  [HARDTANH_OF_SUM]: { maps: ['x', 'z'] },
  [HARDTANH_GRADIENT]: { maps: ['dy', 'y'] },
  [TRIANGLE_GRADIENT]: { maps: ['dy', 'a'] },
  [SCALED_SIGN_GRADIENT]: { maps: ['dy', 'a'] },
  [CENTRED_SIGN_GRADIENT]: { maps: ['dy', 'c'], parameters: 1 },
  [TANH_GRADIENT]: { maps: ['dy', 'x'], parameters: 2 },
  [RECTIFIED_SIGN_GRADIENT]: { maps: ['dy', 'x'], parameters: 3 },
  [NOISY_SIGN]: { maps: ['x'], parameters: 4 },
  [NOISY_SIGN_GRADIENT]: { maps: ['dy', 'x'], parameters: 4, outputs: 2 },
  // One, or one for each channel.
  [PRELU]: { maps: ['x'], parameters: 1 },
  [PRELU_GRADIENT]: { maps: ['dy', 'x'], parameters: 1, outputs: 2 },
  [TWO_LEVELS]: { maps: ['x'], parameters: 3 },
  [SOFT_STEP_GRADIENT]: { maps: ['dy', 'x'], parameters: 4, outputs: 2 },
};

/**
 * Register those of our operations that the addon has; they run on a CPU. An addon built by an earlier version of `signwave setup
 * tensorflow` may have only some or none; what is missing is composed of other kernels.
 */
export function registerFusedOperations(tf: Tf): void {
  for (const [op, { maps, parameters, outputs = 1 }] of Object.entries(FUSED_OPERATIONS)) {
    if (!isInAddon(tf, op)) continue;
    const names = parameters === undefined ? maps : [...maps, 'parameters'];
    replaceKernel(tf, op, 'tensorflow', ({ inputs }) => {
      const results = run(
        tf,
        op,
        names.map((name) => inputs[name] as Tensor),
        outputs,
      );
      return outputs === 1 ? results[0]! : results;
    });
  }
}

/** Whether all of our operations are registered. */
export function hasFusedOperations(tf: Tf): boolean {
  return Object.keys(FUSED_OPERATIONS).every((op) => tf.getKernel(op, 'tensorflow'));
}

/** The addon can't list TensorFlow's ops, so this runs the op, on empty tensors. */
function isInAddon(tf: Tf, op: string): boolean {
  const { maps, parameters, outputs = 1 } = FUSED_OPERATIONS[op]!;
  return tf.tidy(() => {
    const inputs: Tensor[] = maps.map(() => tf.zeros([0]));
    if (parameters !== undefined) inputs.push(tf.zeros([parameters]));
    try {
      run(tf, op, inputs, outputs);
      return true;
    } catch {
      return false;
    }
  });
}

function run(tf: Tf, op: string, inputs: Tensor[], outputs: number): Tensor[] {
  return tensorflowKernels(tf).executeMultipleOutputs(op, [], inputs, outputs);
}
