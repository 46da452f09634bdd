import type { Graph, GraphNode, MapShape } from './graph.js';

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
 * Whether a node is a binary convolution or linear layer: it has 1-bit weights and reads a `sign` of two values. Its sums are integers,
 * which every executor computes exactly.
 */
export function isBinary(graph: Graph, node: GraphNode): boolean {
  if (node.op !== 'conv' && node.op !== 'linear') return false;
  const operand = graph.nodes[node.inputs[0]!];
  return graph.tensors[node.weights]?.dtype === 'bits' && operand?.op === 'sign' && operand.zeroRule !== 'zero';
}
