import type { GraphNode } from './graph.js';

/** The field of a node that names its tensor; operations that are not here have none. */
const TENSOR_FIELDS: Readonly<Partial<Record<GraphNode['op'], string>>> = {
  sign: 'threshold',
  conv: 'weights',
  linear: 'weights',
  affine: 'coefficients',
  borderBias: 'bias',
  prelu: 'slopes',
};

/** Index of the tensor that a node names, if any. */
export function tensorOf(node: GraphNode): number | undefined {
  const field = TENSOR_FIELDS[node.op];
  return field === undefined ? undefined : (node as unknown as Record<string, number | undefined>)[field];
}

/** The same node with another tensor. @param node one that names a tensor. */
export function withTensor(node: GraphNode, tensor: number): GraphNode {
  return { ...node, [TENSOR_FIELDS[node.op]!]: tensor };
}
