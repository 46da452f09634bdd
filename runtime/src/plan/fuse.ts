import {
  type BorderBiasNode,
  type ConvNode,
  type Graph,
  type GraphNode,
  isBinary,
  type LinearNode,
  tensorElements,
  tensorValues,
} from '@signwave/format';

/**
 * The nodes that one step executes. A convolution includes the affine, border bias, add, clip and sign that follow it in this order, as long
 * as nothing else reads the values between them. Such a chain without a convolution is an elementwise step.
 */
export interface FusedGroup {
  /** The node whose kernel begins the step; absent for an elementwise chain. */
  readonly head?: number | undefined;
  /** The value with which the chain starts: the head's result, or the operand of an elementwise chain. */
  readonly source: number;
  /** A `borderBias` of whole numbers right after a binary head. It is added to the integer sums. */
  readonly sumBias?: number;
  /** A `clip` from below right behind these sums. */
  readonly sumClip?: number;
  readonly affine?: number;
  /** A `borderBias`. Only behind a binary layer, an add can follow it. */
  readonly border?: number;
  /** The add, and its operand that isn't in the chain. */
  readonly add?: { readonly node: number; readonly operand: number };
  readonly clip?: number;
  /** A sign at the end of the chain, whose result is written as bits. */
  readonly sign?: number | undefined;
  /** The last node before the sign. */
  readonly result: number;
  /** Whether another step, or the output, needs the floats of `result`. */
  readonly keepsFloats: boolean;
}

/** Lists the nodes of a fused group in order. */
export function nodesOf(fused: FusedGroup): number[] {
  const { head, sumBias, sumClip, affine, border, add, clip, sign } = fused;
  return [head, sumBias, sumClip, affine, border, add?.node, clip, sign].filter((n) => n !== undefined);
}

/** Lists the values that a fused group reads. */
export function operandsOf(graph: Graph, fused: FusedGroup): number[] {
  const operands = fused.head === undefined ? [fused.source] : [...graph.nodes[fused.head]!.inputs];
  if (fused.add) operands.push(fused.add.operand);
  return operands;
}

/** Lists for every node the nodes that read it, in order, with an entry for each operand. */
export function consumersOf(graph: Graph): number[][] {
  const consumers: number[][] = graph.nodes.map(() => []);
  graph.nodes.forEach((node, index) => {
    for (const input of node.inputs) consumers[input]!.push(index);
  });
  return consumers;
}

/** All whole numbers up to this one are exact in float32. */
const MAX_WHOLE = 2 ** 24;

/** What a chain takes, in this order. */
const ROLES = ['sumBias', 'sumClip', 'affine', 'border', 'add', 'clip'] as const;
type Role = (typeof ROLES)[number];

/**
 * Divides a graph into {@link FusedGroup}s, in an order in which they can run. Every node except `input` is in one of them; a sign whose
 * result is needed both as bits and as floats is in two.
 *
 * @param isFused false gives every node a step of its own; bench/src/ablations.ts measures what fusion gains.
 */
export function fuse(graph: Graph, isFused = true): FusedGroup[] {
  const { nodes } = graph;
  const consumers = consumersOf(graph);
  const last = nodes.length - 1;
  const taken = new Set<number>();
  const groups: { readonly group: FusedGroup; readonly position: number }[] = [];
  const needsBits = (sign: number): boolean => consumers[sign]!.some((reader) => isBinary(graph, nodes[reader]!));
  const needsFloats = (sign: number): boolean =>
    sign === last || !needsBits(sign) || consumers[sign]!.some((reader) => !isBinary(graph, nodes[reader]!));

  /** Follows the chain from `source`. `first` is its first node if the chain has no head. */
  const follow = (
    source: number,
    head: number | undefined,
    first = isFused ? onlyConsumer(source) : undefined,
  ): void => {
    const layer =
      head !== undefined && isBinary(graph, nodes[head]!) ? (nodes[head] as ConvNode | LinearNode) : undefined;
    let chain: Pick<FusedGroup, Role> = {};
    let result = source;
    let next = first;
    let stage = 0;
    while (next !== undefined && !taken.has(next)) {
      const role = rolesOf(graph, nodes[next]!, layer).find((it) => ROLES.indexOf(it) >= stage);
      if (!role) break;
      const operand = nodes[next]!.inputs.find((input) => input !== result) ?? result;
      chain = { ...chain, [role]: role === 'add' ? { node: next, operand } : next };
      taken.add(next);
      result = next;
      stage = ROLES.indexOf(role === 'border' && !layer ? 'add' : role) + 1;
      next = isFused ? onlyConsumer(result) : undefined;
    }
    const sign = isFused
      ? consumers[result]!.find((reader) => nodes[reader]!.op === 'sign' && needsBits(reader))
      : undefined;
    if (sign !== undefined) taken.add(sign);
    const keepsFloats = result === last || consumers[result]!.some((reader) => reader !== sign || needsFloats(reader));
    groups.push({ group: { head, source, ...chain, sign, result, keepsFloats }, position: result });
  };
  const onlyConsumer = (value: number): number | undefined =>
    value !== last && consumers[value]!.length === 1 ? consumers[value]![0] : undefined;

  nodes.forEach((node, index) => {
    if (node.op === 'sign') {
      // No chain includes this sign if its operand is an input, a pool, or a value with several signs.
      const source = node.inputs[0]!;
      if (needsBits(index) && !taken.has(index))
        groups.push({ group: { source, sign: index, result: source, keepsFloats: false }, position: index });
      if (needsFloats(index)) groups.push({ group: single(index), position: index });
      return;
    }
    if (taken.has(index) || node.op === 'input') return;
    if (rolesOf(graph, node, undefined).length > 0) {
      follow(node.inputs[0]!, undefined, index);
      return;
    }
    taken.add(index);
    if (node.op === 'conv' || node.op === 'linear') follow(index, index);
    else groups.push({ group: single(index), position: index });
  });
  return groups.sort((a, b) => a.position - b.position).map(({ group }) => group);
}

/**
 * Lists what a node can be in a chain, the earliest first.
 *
 * @param layer the binary layer with whose sums the chain begins, if it does.
 */
function rolesOf(graph: Graph, node: GraphNode, layer: ConvNode | LinearNode | undefined): Role[] {
  switch (node.op) {
    case 'affine':
    case 'add':
      return [node.op];
    case 'borderBias':
      return layer && areWhole(graph, layer, node) ? ['sumBias', 'border'] : ['border'];
    case 'clip':
      // Halves of sums are clipped, so half the bound has to be exact.
      return layer && node.hi === Number.POSITIVE_INFINITY && Math.fround(node.lo / 2) * 2 === node.lo
        ? ['sumClip', 'clip']
        : ['clip'];
    default:
      return [];
  }
}

/** Whether a `borderBias` adds whole numbers to the sums of a binary layer, so that these stay whole and exact. */
function areWhole(graph: Graph, layer: ConvNode | LinearNode, node: BorderBiasNode): boolean {
  const { shape } = graph.tensors[layer.weights]!;
  const most = MAX_WHOLE - tensorElements(shape) / shape[0];
  return tensorValues(graph.tensors[node.bias]!).every((value) => Number.isInteger(value) && Math.abs(value) <= most);
}

function single(index: number): FusedGroup {
  return { head: index, source: index, result: index, keepsFloats: true };
}
