// The wasm back end without the trainer's additions: stock kernels only. The filter gradient, which has no stock kernel, is computed in the
// most obvious way: patches side by side (im2col) times the gradient.
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { conv2DInfo } from '../src/backends/convolution-gradients.ts';

/** @returns {Promise<import('../src/types.ts').TrainingBackend>} */
export async function openStockWasm() {
  if (!(await tf.setBackend('wasm'))) throw new Error('the wasm back end does not start');
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = /** @type {Record<'x' | 'dy', tf.Tensor4D>} */ (inputs);
      const convolution = /** @type {any} */ (attrs);
      return filterGradient(x, dy, conv2DInfo(tf, x.shape, convolution.filterShape, convolution));
    },
  });
  return { name: 'wasm', tf, device: 'stock kernels of tfjs, im2col', isGpu: false, skipped: [] };
}

/**
 * Computes the gradient of the filters (kh, kw, C, O) from x (N, H, W, C) and dy (N, OH, OW, O).
 *
 * @param {tf.Tensor4D} x
 * @param {tf.Tensor4D} dy
 * @param {ReturnType<typeof conv2DInfo>} info
 */
function filterGradient(x, dy, info) {
  const { padInfo, strideHeight, strideWidth, outHeight, outWidth, filterHeight, filterWidth, inChannels } = info;
  const { top, bottom, left, right } = padInfo;
  return tf.tidy(() => {
    const padded = tf.pad(x, [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]);
    const taps = [];
    for (let u = 0; u < filterHeight; u++) {
      for (let v = 0; v < filterWidth; v++) {
        const end = [
          x.shape[0],
          u + (outHeight - 1) * strideHeight + 1,
          v + (outWidth - 1) * strideWidth + 1,
          inChannels,
        ];
        taps.push(tf.stridedSlice(padded, [0, u, v, 0], end, [1, strideHeight, strideWidth, 1]));
      }
    }
    const pixels = x.shape[0] * outHeight * outWidth;
    const patches = tf.reshape(tf.concat(taps, 3), [pixels, -1]);
    return tf.reshape(tf.matMul(patches, tf.reshape(dy, [pixels, -1]), true), info.filterShape);
  });
}
