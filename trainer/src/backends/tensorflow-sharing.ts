import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs';
import type { Tensor, Tf } from '../types.js';
import { replaceKernel } from './convolution-gradients.js';

/**
 * Let a cast to the same type and a reshape to the same shape share their input's data, as on every other back end; tfjs-node runs an op
 * for each. Gradients of tfjs are full of both: a training step of ResNet-20 has a hundred.
 */
export function shareUnchanged(tf: Tf): void {
  shareWhere(tf, 'Cast', ({ dtype }, to) => dtype === to.dtype);
  shareWhere(tf, 'Reshape', ({ shape }, to) => String(shape) === String(to.shape));
}

function shareWhere(
  tf: Tf,
  kernelName: string,
  isUnchanged: (x: TensorInfo, attributes: { readonly dtype?: unknown; readonly shape?: unknown }) => boolean,
): void {
  const { kernelFunc } = tf.getKernel(kernelName, 'tensorflow')!;
  replaceKernel(tf, kernelName, 'tensorflow', (call) => {
    const x = call.inputs.x as Tensor;
    if (!isUnchanged(x, call.attrs!)) return kernelFunc(call);
    (call.backend as KernelBackend).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });
}
