import type { GraphNode } from './graph.js';
import type { TensorRule } from './operations/row.js';
import { OPERATIONS } from './operations/table.js';

/** The field of each operation that names its tensor. An operation has one at most. */
const TENSOR_FIELDS = Object.fromEntries(
  Object.entries(OPERATIONS).map(([op, { fields }]) => {
    const found = Object.entries<{ tensor?: TensorRule }>(fields).find(([, { tensor }]) => tensor);
    return [op, found && { key: found[0], rule: found[1].tensor! }];
  }),
);

/** The field that names a node's tensor, and what the tensor must be; absent for operations that have none. */
export function tensorFieldOf({ op }: GraphNode): { readonly key: string; readonly rule: TensorRule } | undefined {
  return TENSOR_FIELDS[op];
}

/** Index of the tensor that a node names, if any. */
export function tensorOf(node: GraphNode): number | undefined {
  const field = tensorFieldOf(node);
  return field && (node as unknown as Record<string, number | undefined>)[field.key];
}

/** The same node with another tensor. @param node one that names a tensor. */
export function withTensor(node: GraphNode, tensor: number): GraphNode {
  return { ...node, [tensorFieldOf(node)!.key]: tensor };
}
