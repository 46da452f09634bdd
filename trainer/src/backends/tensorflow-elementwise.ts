import type { KernelFunc } from '@tensorflow/tfjs';
import { RELU_GRADIENT } from '../layers/relu-gradient.js';
import type { Tensor, Tf } from '../types.js';
import { replaceKernel } from './convolution-gradients.js';
import { type OpAttribute, tensorflowKernels } from './tensorflow-ops.js';

/**
 * Operations that TensorFlow does in one pass over memory, or two, and tfjs-node composes of several: ClipByValue (Maximum and Minimum), the
 * gradient of ReLU (Greater, Cast and Mul), and Step (Greater, IsNan, Fill and two Selects). Element-wise passes are a third of a training
 * step.
 */
export function registerOnePassOperations(tf: Tf): void {
  const { binding } = tensorflowKernels(tf);
  const float: OpAttribute[] = [{ name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }];
  const run = (op: string, inputs: Tensor[]): Tensor =>
    tensorflowKernels(tf).executeMultipleOutputs(op, float, inputs, 1)[0]!;

  const clip: KernelFunc = ({ inputs, attrs }) => {
    const { clipValueMin, clipValueMax } = attrs as { clipValueMin: number; clipValueMax: number };
    return tf.tidy(() => run('ClipByValue', [inputs.x as Tensor, tf.scalar(clipValueMin), tf.scalar(clipValueMax)]));
  };
  replaceKernel(tf, 'ClipByValue', 'tensorflow', clip);
  const composedStep = tf.getKernel('Step', 'tensorflow');
  const step: KernelFunc = (given) => {
    if ((given.attrs?.alpha ?? 0) !== 0) return composedStep!.kernelFunc(given);
    return tf.tidy(() => run('Sign', [run('Relu', [given.inputs.x as Tensor])]));
  };
  replaceKernel(tf, 'Step', 'tensorflow', step);
  const reluGradient: KernelFunc = ({ inputs }) => run('ReluGrad', [inputs.dy as Tensor, inputs.x as Tensor]);
  replaceKernel(tf, RELU_GRADIENT, 'tensorflow', reluGradient);
}
