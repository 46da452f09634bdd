import { type Graph, type GraphNode, type Tensor, tensorOf, withTensor } from '@signwave/format';

/** How often each node is an operand of the graph's nodes; the output counts as read once more. */
export function readerCounts(graph: Graph): number[] {
  const readers = graph.nodes.map(() => 0);
  for (const node of graph.nodes) for (const input of node.inputs) readers[input]!++;
  readers[readers.length - 1]!++;
  return readers;
}

/** Tensors in the order in which nodes name them; those that no node names any more are dropped. */
function withoutUnusedTensors(graph: Graph): Graph {
  const tensors: Tensor[] = [];
  /** New index of each old tensor: nodes that shared a tensor still do. */
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
 * @param isDropped selects nodes with one operand, never the input.
 */
export function withoutNodes(graph: Graph, isDropped: (index: number) => boolean): Graph {
  const nodes: GraphNode[] = [];
  /** The new index of each old node's value. */
  const moved: number[] = [];
  graph.nodes.forEach((node, index) => {
    const inputs = node.inputs.map((input) => moved[input]!);
    moved[index] = isDropped(index) ? inputs[0]! : nodes.push({ ...node, inputs }) - 1;
  });
  return withoutUnusedTensors({ nodes, tensors: graph.tensors });
}
