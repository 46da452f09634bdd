import type { backend_util, KernelFunc } from '@tensorflow/tfjs';
import type { Tensor, Tensor4D, Tf } from '../types.js';
import { conv2DInfo, replaceKernel } from './convolution-gradients.js';
import { type OpAttribute, tensorflowKernels } from './tensorflow-ops.js';

/** Whether the pads are those by which TensorFlow itself keeps a map's size in a convolution of stride 1. */
function isSame({ padInfo, strideHeight, strideWidth, filterHeight, filterWidth }: backend_util.Conv2DInfo): boolean {
  const { top, bottom, left, right } = padInfo;
  const isStride1 = strideHeight === 1 && strideWidth === 1;
  return isStride1 && top === bottom && left === right && 2 * top === filterHeight - 1 && 2 * left === filterWidth - 1;
}

/**
 * Convolution and its gradients with explicit pads. tfjs-node refuses a pad that is a number, and explicit pads in both gradients.
 * TensorFlow's ops can do both, so the three kernels are registered anew. Pads that equal `SAME` are passed as `SAME`: oneDNN's kernels
 * don't know explicit pads, and their gradients take a third of the time of Eigen's.
 */
export function registerExplicitPads(tf: Tf): void {
  const run = (op: string, inputs: Tensor[], info: backend_util.Conv2DInfo): Tensor =>
    tensorflowKernels(tf).executeMultipleOutputs(op, attributesOf(tf, info), inputs, 1)[0]!;

  const forward: KernelFunc = ({ inputs, attrs }) => {
    const { x, filter } = inputs as unknown as { x: Tensor4D; filter: Tensor4D };
    return run('Conv2D', [x, filter], conv2DInfo(tf, x.shape, filter.shape, attrs!));
  };
  const filterGradient: KernelFunc = ({ inputs, attrs }) => {
    const { x, dy } = inputs as unknown as { x: Tensor4D; dy: Tensor4D };
    const info = conv2DInfo(tf, x.shape, attrs!.filterShape, attrs!);
    return tf.tidy(() => run('Conv2DBackpropFilter', [x, tf.tensor1d(info.filterShape, 'int32'), dy], info));
  };
  const inputGradient: KernelFunc = ({ inputs, attrs }) => {
    const { dy, filter } = inputs as unknown as { dy: Tensor4D; filter: Tensor4D };
    const info = conv2DInfo(tf, attrs!.inputShape, filter.shape, attrs!);
    return tf.tidy(() => run('Conv2DBackpropInput', [tf.tensor1d(info.inShape, 'int32'), filter, dy], info));
  };
  replaceKernel(tf, 'Conv2D', 'tensorflow', forward);
  replaceKernel(tf, 'Conv2DBackpropFilter', 'tensorflow', filterGradient);
  replaceKernel(tf, 'Conv2DBackpropInput', 'tensorflow', inputGradient);
}

function attributesOf(tf: Tf, info: backend_util.Conv2DInfo): OpAttribute[] {
  const { binding } = tensorflowKernels(tf);
  const { top, bottom, left, right } = info.padInfo;
  return [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'strides', type: binding.TF_ATTR_INT, value: [1, info.strideHeight, info.strideWidth, 1] },
    { name: 'dilations', type: binding.TF_ATTR_INT, value: [1, info.dilationHeight, info.dilationWidth, 1] },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'use_cudnn_on_gpu', type: binding.TF_ATTR_BOOL, value: true },
    ...(isSame(info)
      ? [{ name: 'padding', type: binding.TF_ATTR_STRING, value: 'SAME' }]
      : [
          { name: 'padding', type: binding.TF_ATTR_STRING, value: 'EXPLICIT' },
          { name: 'explicit_paddings', type: binding.TF_ATTR_INT, value: [0, 0, top, bottom, left, right, 0, 0] },
        ]),
  ];
}
