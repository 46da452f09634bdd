import type { Graph, GraphNode } from './graph.js';

/** Largest magnitude of the elements that an integer convolution reads, which are bytes minus whole means. */
export const MAX_INTEGER_ELEMENT = 255;

/**
 * Whether a node is an integer convolution (SPEC.md 4.3): its weights are whole numbers, and it reads an input whose recipe turns bytes
 * into whole numbers. Its sums are exact and rounded once.
 */
export function isIntegerConv(graph: Graph, node: GraphNode): boolean {
  if (node.op !== 'conv') return false;
  const dtype = graph.tensors[node.weights]?.dtype;
  const operand = graph.nodes[node.inputs[0]!];
  if ((dtype !== 'i8' && dtype !== 'i16') || operand?.op !== 'input' || !operand.recipe) return false;
  const { divisor, mean, std } = operand.recipe;
  return divisor === 1 && std.every((value) => value === 1) && mean.every((value) => Number.isInteger(value));
}
