import { type AffineNode, f32Tensor, type Graph, type Tensor, tensorValues } from '@signwave/format';
import { readerCounts, withoutNodes } from './rewrite.js';

/**
 * Fold each affine into the affine before it, unless that one has other readers: a learned scale and a batch norm become one.
 *
 *   (x * m1 + b1) * m2 + b2 = x * (m1 * m2) + (b1 * m2 + b2)
 *
 * computed in binary64 and rounded to float32 once. Results differ from the unfolded graph's by a rounding, but never between executors of
 * the folded graph (format/SPEC.md section 5).
 *
 * @param mayFold whether an affine may be folded into the one behind it, by its index; default: all. Networks whose own rounding is kept have some that mustn't.
 */
export function foldAffines(graph: Graph, mayFold: (index: number) => boolean = () => true): Graph {
  const readers = readerCounts(graph);
  const nodes = [...graph.nodes];
  const tensors = [...graph.tensors];
  const dropped = new Set<number>();
  nodes.forEach((node, index) => {
    const operand = node.inputs[0];
    const before = operand === undefined ? undefined : nodes[operand];
    if (node.op !== 'affine' || before?.op !== 'affine' || readers[operand!] !== 1 || !mayFold(operand!)) return;
    // The later affine takes both factors, so that a third one finds their product.
    nodes[index] = { ...node, coefficients: tensors.push(folded(tensors, before, node)) - 1 };
    dropped.add(operand!);
  });
  return withoutNodes({ nodes, tensors }, (index) => dropped.has(index));
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
