import {
  type Graph,
  type GraphNode,
  type InputNode,
  isIntegerConv,
  type MapShape,
  sumsSigns,
  type Tensor,
  tensorValues,
} from '@signwave/format';
import { asImage, fromImage, isVector } from './channel-order.js';
import { lowerExactAvgPool, lowerExactConv, lowerExactLinear, lowerExactMean } from './exact-sums.js';
import { ELEMENT_DOUBLE, ELEMENT_FLOAT, type OnnxGraph, type ValueName } from './onnx-graph.js';
import { lowerAffine, lowerBorderBias, lowerClip, lowerPrelu, lowerSign } from './pointwise.js';
import { lowerConv, lowerPool } from './windows.js';

/** A value of the ONNX graph and the shape of the map that it stands for. */
export interface LoweredMap {
  readonly value: ValueName;
  readonly shape: MapShape;
}

/**
 * Write one node as ONNX operators.
 *
 * @param operands in the order of `node.inputs`.
 * @param shape of the node's output.
 * @param isExact whether its sums have to be the reference's to the last bit, in any engine.
 * @returns the value that holds the node's output, laid out as `channel-order.ts` says.
 */
export function lowerNode(
  onnx: OnnxGraph,
  graph: Graph,
  node: Exclude<GraphNode, InputNode>,
  operands: readonly LoweredMap[],
  shape: MapShape,
  isExact: boolean,
): ValueName {
  const tensor = (index: number): Tensor => graph.tensors[index]!;
  const { value: x, shape: from } = operands[0]!;
  switch (node.op) {
    case 'sign':
      return lowerSign(onnx, x, node, node.threshold === undefined ? undefined : tensor(node.threshold), shape);
    case 'conv':
      return isExact && !sumsSigns(graph, node)
        ? lowerExactConv(onnx, x, node, tensor(node.weights), from, shape, isIntegerConv(graph, node))
        : lowerConv(onnx, x, node, tensor(node.weights), from, shape);
    case 'linear': {
      const weights = tensor(node.weights);
      if (isExact && !sumsSigns(graph, node)) return lowerExactLinear(onnx, x, weights);
      const w = onnx.floats('weight', [shape.channels, from.channels], tensorValues(weights));
      return onnx.node('Gemm', [x, w], { transB: 1 });
    }
    case 'affine':
      return lowerAffine(onnx, x, tensor(node.coefficients), shape);
    case 'prelu':
      return lowerPrelu(onnx, x, tensor(node.slopes), shape);
    case 'borderBias':
      return lowerBorderBias(onnx, x, node, tensor(node.bias), shape);
    case 'add':
      return onnx.node('Add', [x, operands[1]!.value]);
    case 'clip':
      return lowerClip(onnx, x, node);
    case 'maxPool':
    case 'avgPool':
      return isExact && node.op === 'avgPool'
        ? lowerExactAvgPool(onnx, x, node, from, shape)
        : lowerPool(onnx, x, node, from, shape);
    case 'globalAvgPool':
      if (isVector(from)) return x;
      return isExact ? lowerExactMean(onnx, x, from) : fromImage(onnx, onnx.node('GlobalAveragePool', [x]), shape);
    case 'padChannels': {
      const amounts = isVector(from) ? [0, node.before, 0, node.after] : [0, node.before, 0, 0, 0, node.after, 0, 0];
      return onnx.node('Pad', [x, onnx.ints('pads', amounts)]);
    }
    case 'sliceSpatial': {
      if (isVector(from)) return x;
      const starts = onnx.ints('starts', [node.start.height, node.start.width]);
      const ends = onnx.ints('ends', [from.height, from.width]);
      const steps = onnx.ints('steps', [node.step.height, node.step.width]);
      return fromImage(onnx, onnx.node('Slice', [x, starts, ends, onnx.ints('axes', [2, 3]), steps]), shape);
    }
    case 'concat':
      return onnx.node(
        'Concat',
        operands.map(({ value }) => value),
        { axis: 1 },
      );
    case 'flatten':
      // Our memory order is HWC.
      if (isVector(from)) return x;
      return onnx.node('Flatten', [onnx.node('Transpose', [x], { perm: [0, 2, 3, 1] })], { axis: 1 });
    case 'softmax':
      return onnx.node(node.log ? 'LogSoftmax' : 'Softmax', [x], { axis: 1 });
    case 'sampleMean': {
      // In binary64: over a whole map, float32 sums in another order would give another mean, on which every sign depends.
      const exact = onnx.node('Cast', [x], { to: ELEMENT_DOUBLE });
      const mean = onnx.node('ReduceMean', [exact], { axes: isVector(from) ? [1] : [1, 2, 3], keepdims: 1 });
      return onnx.node('Sub', [x, onnx.node('Cast', [mean], { to: ELEMENT_FLOAT })]);
    }
    case 'scale': {
      const { value, shape: factors } = operands[1]!;
      return onnx.node('Mul', [x, isVector(shape) ? value : asImage(onnx, value, factors)]);
    }
    case 'multiply':
      return onnx.node('Mul', [x, operands[1]!.value]);
    case 'sigmoid': {
      // In binary64, where its last bits are lost to the one rounding: a sign may depend on the result.
      const exact = onnx.node('Sigmoid', [onnx.node('Cast', [x], { to: ELEMENT_DOUBLE })]);
      return onnx.node('Cast', [exact], { to: ELEMENT_FLOAT });
    }
    default:
      return node satisfies never;
  }
}
