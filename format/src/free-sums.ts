import type { Graph } from './graph.js';
import { isBinary } from './macs.js';

/**
 * Finds the convolutions that an executor may sum in any order (SPEC.md 4.3): they have 1-bit weights, their operand isn't a sign, and no
 * `sign` depends on their result, so their last bit decides nothing.
 *
 * @returns indices of their nodes.
 */
export function freeSums(graph: Graph): ReadonlySet<number> {
  const feedsSign = new Set<number>();
  const free = new Set<number>();
  for (let index = graph.nodes.length - 1; index >= 0; index--) {
    const node = graph.nodes[index]!;
    if (node.op === 'sign' || feedsSign.has(index)) for (const input of node.inputs) feedsSign.add(input);
    if (node.op !== 'conv' || feedsSign.has(index) || isBinary(graph, node)) continue;
    if (graph.tensors[node.weights]!.dtype === 'bits') free.add(index);
  }
  return free;
}
