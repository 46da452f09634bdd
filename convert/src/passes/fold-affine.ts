import {
  type AffineNode,
  f32Tensor,
  type Graph,
  type GraphNode,
  type Tensor,
  tensorOf,
  tensorValues,
  withTensor,
} from '@signwave/format';

/**
 * Fold each affine into the affine before it, where nobody else reads that one: a learned scale and a batch norm become one.
 *
 *   (x * m1 + b1) * m2 + b2 = x * (m1 * m2) + (b1 * m2 + b2)
 *
 * computed in binary64 and rounded to float32 once. That moves results by a rounding against the unfolded graph, never between
 * executors of the folded one (format/SPEC.md section 5).
 */
export function foldAffines(graph: Graph): Graph {
  const readers = graph.nodes.map(() => 0);
  for (const node of graph.nodes) for (const input of node.inputs) readers[input]!++;
  const nodes: GraphNode[] = [];
  const tensors: Tensor[] = [...graph.tensors];
  /** Where each old node is now. */
  const moved: number[] = [];
  graph.nodes.forEach((node, index) => {
    const inputs = node.inputs.map((input) => moved[input]!);
    const before = nodes[inputs[0]!];
    if (node.op === 'affine' && before?.op === 'affine' && readers[node.inputs[0]!] === 1) {
      const coefficients = tensors.push(folded(tensors, before, node)) - 1;
      nodes[inputs[0]!] = { ...before, coefficients };
      moved[index] = inputs[0]!;
    } else {
      moved[index] = nodes.push({ ...node, inputs }) - 1;
    }
  });
  return withoutUnusedTensors({ nodes, tensors });
}

function folded(tensors: readonly Tensor[], first: AffineNode, second: AffineNode): Tensor {
  const a = tensorValues(tensors[first.coefficients]!);
  const b = tensorValues(tensors[second.coefficients]!);
  const channels = a.length / 2;
  const values = new Float32Array(a.length);
  for (let c = 0; c < channels; c++) {
    values[c] = a[c]! * b[c]!;
    values[channels + c] = a[channels + c]! * b[c]! + b[channels + c]!;
  }
  return f32Tensor([2, 1, 1, channels], values);
}

/** Tensors in the order in which nodes name them, without those that no node names any more. */
function withoutUnusedTensors(graph: Graph): Graph {
  const tensors: Tensor[] = [];
  const nodes = graph.nodes.map((node) => {
    const old = tensorOf(node);
    return old === undefined ? node : withTensor(node, tensors.push(graph.tensors[old]!) - 1);
  });
  return { nodes, tensors };
}
