import type { Graph, GraphNode } from './graph.js';

/** Elements of the operand of an integer convolution lie between -this and this: bytes less whole means. */
export const MAX_INTEGER_ELEMENT = 255;

/**
 * Whether a node is an integer convolution (SPEC.md 4.3): weights of whole numbers on an input whose recipe makes whole numbers of
 * bytes. Its sums are exact and rounded once.
 */
export function isIntegerConv(graph: Graph, node: GraphNode): boolean {
  if (node.op !== 'conv') return false;
  const dtype = graph.tensors[node.weights]?.dtype;
  const operand = graph.nodes[node.inputs[0]!];
  if ((dtype !== 'i8' && dtype !== 'i16') || operand?.op !== 'input' || !operand.recipe) return false;
  const { divisor, mean, std } = operand.recipe;
  return divisor === 1 && std.every((value) => value === 1) && mean.every((value) => Number.isInteger(value));
}
