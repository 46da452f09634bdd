import { f32Tensor, type Graph, tensorValues } from '@signwave/format';
import { pick } from './random-graph.js';

/** Values whose products and sums overflow, vanish, or are exactly 0. */
const EXTREMES = [3e38, -3e38, 1e30, -1e30, 1e20, 1e-45, -1e-45, 1e-39, -1e-39, 0, -0].map(Math.fround);

/** Puts {@link EXTREMES} into some channels or all of a graph's floats, so that infinities and NaN occur inside. */
export function withExtremes({ nodes, tensors }: Graph, random: () => number): Graph {
  const share = pick(random, [0.01, 0.1, 0.5]);
  return {
    nodes,
    tensors: tensors.map((tensor) => {
      if (tensor.dtype !== 'f32' || random() < 0.4) return tensor;
      return f32Tensor(
        tensor.shape,
        tensorValues(tensor).map((v) => (random() < share ? pick(random, EXTREMES) : v)),
      );
    }),
  };
}

/** Puts {@link EXTREMES}, and with `hasNaN` infinities and NaN, into some elements of an input. */
export function extremeInput(input: Float32Array, random: () => number, hasNaN: boolean): Float32Array {
  const values = hasNaN ? [...EXTREMES, Number.NaN, 1 / 0, -1 / 0] : EXTREMES;
  const share = pick(random, [0, 0.02, 0.3]);
  return input.map((v) => (random() < share ? pick(random, values) : v));
}
