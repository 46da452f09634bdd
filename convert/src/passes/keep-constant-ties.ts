import { type Graph, type GraphNode, inferShapes, type SignNode, tensorValues } from '@signwave/format';

/**
 * Keep the source network's rule for ties where a tie is certain: a channel that is constant (a batch norm with gamma 0) and equal to the
 * threshold. PyTorch's sign(0) is 0 there, for every image, so the `sign` gets three values. It then no longer makes bits, and what follows
 * it is slower; elsewhere a tie is a coincidence of rounding, and +1 as good as 0.
 */
export function keepConstantTies(graph: Graph): Graph {
  const constants = constantChannels(graph);
  const nodes = graph.nodes.map((node) =>
    node.op === 'sign' && hasConstantTie(graph, node, constants[node.inputs[0]!]!)
      ? { ...node, zeroRule: node.sourceZeroRule }
      : node,
  );
  return { ...graph, nodes };
}

function hasConstantTie(
  { tensors }: Graph,
  { threshold, zeroRule, sourceZeroRule }: SignNode,
  x: Float64Array,
): boolean {
  if (zeroRule === sourceZeroRule) return false;
  const thresholds = threshold === undefined ? undefined : tensorValues(tensors[threshold]!);
  return x.some((value, c) => value === (thresholds?.[c] ?? 0));
}

/** By node: the value that each channel has at every pixel of every image, NaN where it varies. */
function constantChannels(graph: Graph): Float64Array[] {
  const shapes = inferShapes(graph);
  const known: Float64Array[] = [];
  graph.nodes.forEach((node, index) => {
    const inputs = node.inputs.map((input) => known[input]!);
    known.push(constantsOf(graph, node, inputs, shapes[index]!.channels));
  });
  return known;
}

function constantsOf(
  { tensors }: Graph,
  node: GraphNode,
  inputs: readonly Float64Array[],
  channels: number,
): Float64Array {
  const [x] = inputs as [Float64Array];
  const each = (value: (c: number) => number): Float64Array =>
    Float64Array.from({ length: channels }, (_, c) => value(c));
  switch (node.op) {
    case 'affine': {
      const values = tensorValues(tensors[node.coefficients]!);
      return each((c) => {
        const scale = values[c]!;
        const product = scale === 0 ? 0 : Math.fround(x[c]! * scale);
        return Math.fround(product + values[channels + c]!);
      });
    }
    case 'add':
      return each((c) => Math.fround(x[c]! + inputs[1]![c]!));
    case 'clip':
      return each((c) => Math.min(node.hi, Math.max(node.lo, x[c]!)));
    case 'prelu': {
      const slopes = tensorValues(tensors[node.slopes]!);
      return each((c) => Math.fround(x[c]! * (x[c]! < 0 ? slopes[c]! : slopes[channels + c]!)));
    }
    case 'maxPool':
    case 'sliceSpatial':
      return x;
    case 'padChannels':
      return each((c) => (c < node.before || c >= channels - node.after ? 0 : x[c - node.before]!));
    case 'concat':
      return Float64Array.from(inputs.flatMap((input) => [...input]));
    case 'avgPool':
      // A mean of equal numbers may round; a mean of zeros doesn't.
      return each((c) => (x[c] === 0 ? 0 : Number.NaN));
    default:
      return new Float64Array(channels).fill(Number.NaN);
  }
}
