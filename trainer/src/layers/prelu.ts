import type { Tensor, Tensor4D, Tf } from '../types.js';
import { runFused, runFusedWithSums } from './fused.js';
import { constant } from './initialisers.js';
import type { LayerStore } from './layer-store.js';
import { gradientOfRelu } from './relu-gradient.js';
import { columnSums } from './sums.js';

/** The name under which a back end registers the layer if it has it in one pass. Inputs: `x`, and as `parameters` the slopes. */
export const PRELU = 'SignwavePrelu';
/** The same for both gradients, that with respect to the slopes second. Inputs: `dy`, `x` and the slopes. */
export const PRELU_GRADIENT = 'SignwavePreluGrad';

/** PyTorch's initial slope. */
const SLOPE = 0.25;

/** `nn.PReLU`: x where x > 0, else slope * x. @param slopes one for each channel, or 1 for one slope. */
export function prelu(store: LayerStore, name: string, slopes: number): (x: Tensor4D) => Tensor4D {
  const slope = store.parameter(`${name}.weight`, [slopes], constant(SLOPE));
  return (x) => applyPrelu(store.tf, x, slope);
}

/** @param slope (C), or (1). */
export function applyPrelu(tf: Tf, x: Tensor4D, slope: Tensor): Tensor4D {
  const operation = tf.customGrad((...args) => {
    const [input, slopes, save] = args as unknown as [Tensor4D, Tensor, (tensors: Tensor[]) => void];
    save([input, slopes]);
    return {
      value: (runFused(tf, PRELU, { x: input, parameters: slopes }) ??
        tf.add(tf.relu(input), tf.mul(tf.minimum(input, 0), slopes))) as Tensor4D,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [savedInput, savedSlopes] = saved as [Tensor4D, Tensor];
        const fused = runFusedWithSums(tf, PRELU_GRADIENT, { dy, x: savedInput, parameters: savedSlopes });
        if (fused) return [...fused];
        const positive = gradientOfRelu(tf, dy, savedInput);
        const others = tf.sub(dy, positive);
        const ofInput = tf.add(positive, tf.mul(others, savedSlopes));
        const ofSlopes = columnSums(tf, tf.mul(others, savedInput));
        return [ofInput, savedSlopes.size === 1 ? tf.reshape(tf.sum(ofSlopes), savedSlopes.shape) : ofSlopes];
      },
    };
  });
  return operation(x, slope) as Tensor4D;
}
