import { f32Tensor, type GraphBuilder, type Tensor, type Value } from '@signwave/format';
import type { State } from './state.js';

/** PyTorch's default for BatchNorm. */
const BATCH_NORM_EPSILON = 1e-5;

/** Filters (O, I, kh, kw) as PyTorch has them, in the order (O, kh, kw, I) of the format. */
export function channelsLast(
  values: Float32Array,
  [outer, inner, height, width]: readonly [number, number, number, number],
): Float32Array {
  const ordered = new Float32Array(values.length);
  let from = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      for (let tap = 0; tap < height * width; tap++) {
        ordered[(o * height * width + tap) * inner + i] = values[from++]!;
      }
    }
  }
  return ordered;
}

/** The float filters of `nn.Conv2d` named `name`, kernel x kernel. */
export function floatFilters(
  state: State,
  name: string,
  outChannels: number,
  inChannels: number,
  kernel: number,
): Tensor {
  const shape = [outChannels, inChannels, kernel, kernel] as const;
  const values = channelsLast(state.take(`${name}.weight`, shape), shape);
  return f32Tensor([outChannels, kernel, kernel, inChannels], values);
}

/**
 * `nn.BatchNorm1d` or `nn.BatchNorm2d` in evaluation mode, as one affine:
 * y = x * m + (beta - mean * m), m = gamma / sqrt(var + epsilon), computed in binary64 and rounded once.
 */
export function batchNorm(g: GraphBuilder, state: State, x: Value, name: string, epsilon = BATCH_NORM_EPSILON): Value {
  const { channels } = g.shapeOf(x);
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    state.take(`${name}.${part}`, [channels]),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  state.skip(`${name}.num_batches_tracked`, [[]], { isOptional: true });
  const scale = Float64Array.from(gamma, (value, c) => value / Math.sqrt(variance[c]! + epsilon));
  const bias = Float32Array.from(beta, (value, c) => value - mean[c]! * scale[c]!);
  return g.affine(x, Float32Array.from(scale), bias);
}

/** `nn.Linear` on a vector. */
export function linear(g: GraphBuilder, state: State, x: Value, name: string, outputs: number): Value {
  const inputs = g.shapeOf(x).channels;
  const weights = f32Tensor([outputs, 1, 1, inputs], state.take(`${name}.weight`, [outputs, inputs]));
  const bias = state.take(`${name}.bias`, [outputs]);
  return g.affine(g.linear(x, weights, { name }), new Float32Array(outputs).fill(1), bias);
}
