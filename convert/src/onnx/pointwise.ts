import {
  type BorderBiasNode,
  type ClipNode,
  classesOfPositions,
  type MapShape,
  type SignNode,
  type Tensor,
  tensorValues,
} from '@signwave/format';
import { channelDimensions, channelsFirst, dimensionsOf } from './channel-order.js';
import { ABSENT, type OnnxGraph, type ValueName } from './onnx-graph.js';

/** SPEC.md 4.2. Comparisons rather than `Sign(x - t)`: they are exact for every x and t, ties by the zero rule. */
export function lowerSign(
  onnx: OnnxGraph,
  x: ValueName,
  { zeroRule }: SignNode,
  threshold: Tensor | undefined,
  shape: MapShape,
): ValueName {
  const t = threshold ? onnx.floats('threshold', channelDimensions(shape), tensorValues(threshold)) : onnx.scalar(0);
  const plus = onnx.scalar(1);
  const minus = onnx.scalar(-1);
  switch (zeroRule) {
    case 'plus':
      return onnx.node('Where', [onnx.node('GreaterOrEqual', [x, t]), plus, minus]);
    case 'minus':
      return onnx.node('Where', [onnx.node('Greater', [x, t]), plus, minus]);
    case 'zero': {
      const notAbove = onnx.node('Where', [onnx.node('Equal', [x, t]), onnx.scalar(0), minus]);
      return onnx.node('Where', [onnx.node('Greater', [x, t]), plus, notAbove]);
    }
  }
}

/**
 * SPEC.md 4.5. Constants come first. Where they come second, ONNX Runtime folds a convolution's factor and term into its weights and bias;
 * that turns whole sums into fractions, rounds them in another order, and flips signs further on.
 *
 * @param coefficients (2, 1, 1, C).
 */
export function lowerAffine(onnx: OnnxGraph, x: ValueName, coefficients: Tensor, shape: MapShape): ValueName {
  const [scale, bias] = rows(coefficients);
  const product = onnx.node('Mul', [onnx.floats('scale', channelDimensions(shape), scale), x]);
  return onnx.node('Add', [onnx.floats('bias', channelDimensions(shape), bias), product]);
}

/** SPEC.md 4.9: `PRelu` if all positive slopes are 1, since engines have kernels for it. @param slopes (2, 1, 1, C). */
export function lowerPrelu(onnx: OnnxGraph, x: ValueName, slopes: Tensor, shape: MapShape): ValueName {
  const [negative, positive] = rows(slopes);
  const below = onnx.floats('negative', channelDimensions(shape), negative);
  if (positive.every((slope) => slope === 1)) return onnx.node('PRelu', [x, below]);
  const above = onnx.floats('positive', channelDimensions(shape), positive);
  const isNegative = onnx.node('Less', [x, onnx.scalar(0)]);
  return onnx.node('Where', [isNegative, onnx.node('Mul', [x, below]), onnx.node('Mul', [x, above])]);
}

/** SPEC.md 4.8: `Relu` or `Clip`. */
export function lowerClip(onnx: OnnxGraph, x: ValueName, { lo, hi }: ClipNode): ValueName {
  if (lo === 0 && hi === Number.POSITIVE_INFINITY) return onnx.node('Relu', [x]);
  const limit = (value: number): ValueName => (Number.isFinite(value) ? onnx.scalar(value) : ABSENT);
  return onnx.node('Clip', [x, limit(lo), limit(hi)]);
}

/** SPEC.md 4.7: the constants of the border classes, expanded to every pixel. */
export function lowerBorderBias(
  onnx: OnnxGraph,
  x: ValueName,
  node: BorderBiasNode,
  bias: Tensor,
  shape: MapShape,
): ValueName {
  const { height, width, channels } = shape;
  const { rows, columns } = classesOfPositions(node, bias.shape, shape);
  const values = tensorValues(bias);
  const map = new Float32Array(height * width * channels);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      const from = (row * bias.shape[2] + column) * channels;
      map.set(values.subarray(from, from + channels), (y * width + x) * channels);
    });
  });
  const constant = channelsFirst(map, channels);
  return onnx.node('Add', [onnx.floats('bias', dimensionsOf(shape, 1), constant), x]);
}

/** The two vectors of a tensor (2, 1, 1, C). */
function rows(tensor: Tensor): readonly [Float32Array, Float32Array] {
  const values = tensorValues(tensor);
  const channels = values.length / 2;
  return [values.subarray(0, channels), values.subarray(channels)];
}
