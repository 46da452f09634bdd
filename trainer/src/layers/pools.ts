import type { Tensor, Tensor2D, Tensor4D, Tf } from '../types.js';

/** Lies below every activation, as minus infinity does; but minus infinity times 0 would be NaN. */
const LOWEST = -3.4e38;

/** `F.avg_pool2d(x, window)`: windows lie side by side, and an incomplete last one is left out. */
export function avgPool(tf: Tf, x: Tensor4D, window: number): Tensor4D {
  return tf.avgPool(x, window, window, 'valid');
}

/** `F.max_pool2d(x, window, stride)` on a map with that many rows and columns added before and after it; these never win. */
export function maxPool(
  tf: Tf,
  x: Tensor4D,
  window: number,
  stride: number,
  sides: [before: number, after: number] = [0, 0],
): Tensor4D {
  const [before] = sides;
  const pad = (map: Tensor4D, value: number): Tensor4D =>
    sides[0] + sides[1] === 0 ? map : tf.pad4d(map, [[0, 0], sides, sides, [0, 0]], value);
  const pool = (map: Tensor4D): Tensor4D => tf.maxPool(pad(map, LOWEST), window, stride, 'valid');
  if (tf.getBackend() !== 'wasm') return pool(x);
  // The gradient of wasm's own kernel goes astray wherever a window's maximum is negative. It is right for the same map raised above 0.
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [Tensor4D, (tensors: Tensor[]) => void];
    save([input]);
    return {
      value: pool(input),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const map = saved[0] as Tensor4D;
        const raised = pad(tf.add(tf.sub(map, tf.min(map)), 1), 0);
        const attributes = { filterSize: window, strides: stride, pad: 'valid' };
        // The kernel finds the maxima itself: its third input, the output, isn't read.
        const dx = tf.engine().runKernel('MaxPoolGrad', { dy, input: raised, output: dy }, attributes) as Tensor4D;
        return tf.slice4d(dx, [0, before, before, 0], map.shape);
      },
    };
  });
  return operation(x) as Tensor4D;
}

/** Every `stride`-th row and column, from the first. */
export function everyNth(tf: Tf, x: Tensor4D, stride: number): Tensor4D {
  // tfjs has no gradient for its strided slice.
  return stride === 1 ? x : tf.avgPool(x, 1, stride, 'valid');
}

/** Mean over (H, W): (N, H, W, C) -> (N, C). */
export function globalAvgPool(tf: Tf, x: Tensor4D): Tensor2D {
  return tf.mean(x, [1, 2]) as Tensor2D;
}

/** Adds channels of zeros before and after: the parameter-free shortcut into a wider map ("option A"). */
export function padChannels(tf: Tf, x: Tensor4D, before: number, after: number): Tensor4D {
  return tf.pad4d(x, [
    [0, 0],
    [0, 0],
    [0, 0],
    [before, after],
  ]);
}
