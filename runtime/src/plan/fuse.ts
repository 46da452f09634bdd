import {
  type ConvNode,
  type Graph,
  isBinary,
  isIntegerConv,
  type LinearNode,
  tensorElements,
  tensorValues,
} from '@signwave/format';

/**
 * The nodes that one step executes. A convolution includes the affine, add, clip and sign that follow it in this order, as long as nothing
 * else reads the values between them. Such a chain without a convolution is an elementwise step.
 */
export interface FusedGroup {
  /** The node whose kernel begins the step; absent for an elementwise chain. */
  readonly head?: number;
  /** The value with which the chain starts: the head's result, or the operand of an elementwise chain. */
  readonly source: number;
  /** A `borderBias` of whole numbers right after a binary head. It is added to the integer sums. */
  readonly sumBias?: number;
  readonly affine?: number;
  /** A `borderBias` after an integer convolution, in place of the add. */
  readonly border?: number;
  /** The add, and its operand that isn't in the chain. */
  readonly add?: { readonly node: number; readonly operand: number };
  readonly clip?: number;
  /** A sign at the end of the chain, whose result is written as bits. */
  readonly sign?: number;
  /** The last node before the sign. */
  readonly result: number;
  /** Whether another step, or the output, needs the floats of `result`. */
  readonly keepsFloats: boolean;
}

/** Lists the nodes of a fused group in order. */
export function nodesOf(fused: FusedGroup): number[] {
  const { head, sumBias, affine, border, add, clip, sign } = fused;
  return [head, sumBias, affine, border, add?.node, clip, sign].filter((n) => n !== undefined);
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

const CHAIN = ['affine', 'add', 'clip'] as const;

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
  const follow = (source: number, head: number | undefined, first: number | undefined): void => {
    const chain: {
      sumBias?: number;
      affine?: number;
      border?: number;
      add?: { node: number; operand: number };
      clip?: number;
    } = {};
    let result = source;
    let next = first ?? (isFused ? onlyConsumer(source) : undefined);
    let stage = 0;
    if (head !== undefined && next !== undefined && isSumBias(graph, head, next)) {
      chain.sumBias = next;
      taken.add(next);
      result = next;
      next = onlyConsumer(next);
    }
    const isInteger = head !== undefined && isIntegerConv(graph, nodes[head]!);
    while (next !== undefined) {
      const node = nodes[next]!;
      const op = isInteger && node.op === 'borderBias' ? 'add' : node.op;
      const place = CHAIN.indexOf(op as (typeof CHAIN)[number]);
      if (place < stage || taken.has(next)) break;
      if (node.op === 'borderBias') chain.border = next;
      else if (node.op === 'add') {
        const [left, right] = node.inputs as [number, number];
        chain.add = { node: next, operand: left === result ? right : left };
      } else if (node.op === 'affine') chain.affine = next;
      else chain.clip = next;
      taken.add(next);
      result = next;
      stage = place + 1;
      next = isFused ? onlyConsumer(result) : undefined;
    }
    const isEmpty = result === source && head === undefined;
    const signs = consumers[result]!.filter((reader) => nodes[reader]!.op === 'sign' && needsBits(reader));
    const sign = isFused || isEmpty ? signs.find((reader) => !taken.has(reader)) : undefined;
    if (sign !== undefined) taken.add(sign);
    const isRead = consumers[result]!.some((reader) => reader !== sign || needsFloats(reader));
    const keepsFloats = !isEmpty && (result === last || isRead);
    const position = isEmpty ? sign! : result;
    const group = { source, ...chain, result, keepsFloats };
    groups.push({
      group: { ...group, ...(head !== undefined && { head }), ...(sign !== undefined && { sign }) },
      position,
    });
  };
  const onlyConsumer = (value: number): number | undefined =>
    value !== last && consumers[value]!.length === 1 ? consumers[value]![0] : undefined;

  nodes.forEach((node, index) => {
    if (node.op === 'sign') {
      // No chain includes this sign if its operand is an input, a pool, or a value with several signs.
      if (needsBits(index) && !taken.has(index)) follow(node.inputs[0]!, undefined, undefined);
      if (needsFloats(index)) groups.push({ group: single(index), position: index });
      return;
    }
    if (taken.has(index) || node.op === 'input') return;
    if (CHAIN.includes(node.op as (typeof CHAIN)[number])) {
      follow(node.inputs[0]!, undefined, index);
      return;
    }
    taken.add(index);
    if (node.op === 'conv' || node.op === 'linear') follow(index, index, undefined);
    else groups.push({ group: single(index), position: index });
  });
  return groups.sort((a, b) => a.position - b.position).map(({ group }) => group);
}

/** Whether node `index` adds whole numbers to the sums of the binary layer `head`, so that these stay whole and exact. */
function isSumBias(graph: Graph, head: number, index: number): boolean {
  const node = graph.nodes[index]!;
  const layer = graph.nodes[head] as ConvNode | LinearNode;
  if (node.op !== 'borderBias' || !isBinary(graph, layer)) return false;
  const { shape } = graph.tensors[layer.weights]!;
  const most = MAX_WHOLE - tensorElements(shape) / shape[0];
  return tensorValues(graph.tensors[node.bias]!).every((value) => Number.isInteger(value) && Math.abs(value) <= most);
}

function single(index: number): FusedGroup {
  return { head: index, source: index, result: index, keepsFloats: true };
}
