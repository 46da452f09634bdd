import type { ConvNode, Graph, GraphNode, LinearNode, MapShape } from './graph.js';

/**
 * Counts the multiply-accumulates of one node. Pads count as taps, as is usual in the field.
 *
 * @param output shape of the node's output map.
 */
export function macs(graph: Graph, node: GraphNode, output: MapShape): number {
  if (node.op !== 'conv' && node.op !== 'linear') return 0;
  const [, kernelHeight, kernelWidth, groupChannels] = graph.tensors[node.weights]!.shape;
  return output.height * output.width * output.channels * kernelHeight * kernelWidth * groupChannels;
}

/**
 * Whether a node multiplies 1-bit weights with the values of a `sign`, be they two or three. Then all sums are whole numbers below 2^24,
 * which are the same in any order (SPEC.md 4.3).
 */
export function sumsSigns({ nodes, tensors }: Graph, node: ConvNode | LinearNode): boolean {
  return tensors[node.weights]?.dtype === 'bits' && nodes[node.inputs[0]!]?.op === 'sign';
}

/**
 * Whether a node is a binary convolution or linear layer: it sums products of 1-bit weights and of a `sign` of two values, so that
 * {@link sumsSigns}.
 */
export function isBinary(graph: Graph, node: GraphNode): boolean {
  if (node.op !== 'conv' && node.op !== 'linear') return false;
  const operand = graph.nodes[node.inputs[0]!];
  return graph.tensors[node.weights]?.dtype === 'bits' && operand?.op === 'sign' && operand.zeroRule !== 'zero';
}
