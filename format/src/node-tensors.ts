import type { GraphNode } from './graph.js';
import type { Row, TensorRule } from './operations/row.js';
import { OPERATIONS } from './operations/table.js';

/** Finds the field that names a node's tensor, with the rule for that tensor; undefined for an operation without a tensor. */
export function tensorField({ op }: GraphNode): [key: string, { readonly tensor?: TensorRule }] | undefined {
  const { fields }: Row<GraphNode> = OPERATIONS[op];
  // An operation has at most one.
  return Object.entries(fields).find(([, field]) => field.tensor);
}

/** The index of the tensor that a node names, if any. */
export function tensorOf(node: GraphNode): number | undefined {
  const field = tensorField(node);
  return field && (node as unknown as Record<string, number | undefined>)[field[0]];
}

/** Copies a node, which must name a tensor, with another tensor. */
export function withTensor(node: GraphNode, tensor: number): GraphNode {
  return { ...node, [tensorField(node)![0]]: tensor };
}
