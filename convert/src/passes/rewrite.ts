import { type Graph, type GraphNode, type Tensor, tensorOf, withTensor } from '@signwave/format';

/** How many operands of the graph's nodes each node is; the output counts as read once more. */
export function readerCounts(graph: Graph): number[] {
  const readers = graph.nodes.map(() => 0);
  for (const node of graph.nodes) for (const input of node.inputs) readers[input]!++;
  readers[readers.length - 1]!++;
  return readers;
}

/** Tensors in the order in which nodes name them, without those that no node names any more. */
function withoutUnusedTensors(graph: Graph): Graph {
  const tensors: Tensor[] = [];
  /** By old index: nodes that share a tensor still do. */
  const moved = new Map<number, number>();
  const nodes = graph.nodes.map((node) => {
    const old = tensorOf(node);
    if (old === undefined) return node;
    const at = moved.get(old) ?? tensors.push(graph.tensors[old]!) - 1;
    moved.set(old, at);
    return withTensor(node, at);
  });
  return { nodes, tensors };
}

/**
 * The graph without some of its nodes, each replaced by its operand.
 *
 * @param isDropped nodes of one operand, none of them the input.
 */
export function withoutNodes(graph: Graph, isDropped: (index: number) => boolean): Graph {
  const nodes: GraphNode[] = [];
  /** Where each old node's value is now. */
  const moved: number[] = [];
  graph.nodes.forEach((node, index) => {
    const inputs = node.inputs.map((input) => moved[input]!);
    moved[index] = isDropped(index) ? inputs[0]! : nodes.push({ ...node, inputs }) - 1;
  });
  return withoutUnusedTensors({ nodes, tensors: graph.tensors });
}
