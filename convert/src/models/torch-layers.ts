import { f32Tensor, type GraphBuilder, type Value } from '@signwave/format';
import type { State } from './state.js';

/** PyTorch's default for BatchNorm. */
const BATCH_NORM_EPSILON = 1e-5;

/** `nn.Conv2d` without bias named `name`, kernel x kernel, with float weights. */
export function floatConv(
  g: GraphBuilder,
  state: State,
  x: Value,
  name: string,
  options: { readonly outChannels: number; readonly kernel: number; readonly stride?: number; readonly pad?: number },
): Value {
  const { outChannels, kernel, stride = 1, pad = 0 } = options;
  const weights = state.filters({
    name: `${name}.weight`,
    shape: [outChannels, g.shapeOf(x).channels, kernel, kernel],
    pack: (values, shape) => f32Tensor(shape, values),
  });
  return g.conv(x, weights, { name, stride, pad });
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

/**
 * `nn.Linear` on the elements of a map, or on a vector. PyTorch flattens (C, H, W), the format (H, W, C): the weights' columns are put in
 * the format's order.
 */
export function linear(g: GraphBuilder, state: State, x: Value, name: string, outputs: number): Value {
  const { height, width, channels } = g.shapeOf(x);
  const weights = state.filters({
    name: `${name}.weight`,
    shape: [outputs, channels, height, width],
    isFlat: true,
    pack: (values, shape) => f32Tensor(shape, values),
  });
  const bias = state.take(`${name}.bias`, [outputs]);
  const vector = height * width === 1 ? x : g.flatten(x);
  return g.affine(g.linear(vector, weights, { name }), new Float32Array(outputs).fill(1), bias);
}
