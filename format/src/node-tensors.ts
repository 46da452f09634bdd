import type { GraphNode } from './graph.js';
import type { Row, TensorRule } from './operations/row.js';
import { OPERATIONS } from './operations/table.js';

/** The field that names a node's tensor, and what the tensor must be; absent for an operation without one. */
export function tensorField({ op }: GraphNode): [key: string, { readonly tensor?: TensorRule }] | undefined {
  const { fields }: Row<GraphNode> = OPERATIONS[op];
  // An operation has one at most.
  return Object.entries(fields).find(([, field]) => field.tensor);
}

/** Index of the tensor that a node names, if any. */
export function tensorOf(node: GraphNode): number | undefined {
  const field = tensorField(node);
  return field && (node as unknown as Record<string, number | undefined>)[field[0]];
}

/** The same node with another tensor. @param node one that names a tensor. */
export function withTensor(node: GraphNode, tensor: number): GraphNode {
  return { ...node, [tensorField(node)![0]]: tensor };
}
