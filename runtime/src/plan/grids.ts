import { type ConvNode, type Graph, isBinary, isIntegerConv, type MapShape } from '@signwave/format';
import { phasesOf } from '../kernels/phases.js';
import type { FusedGroup } from './fuse.js';
import { joinedBy } from './joined.js';

/**
 * How the planes of values lie. The pitch is the number of lanes from one row to the next. Values that are added to each other have the same pitch,
 * and so have operand and result of a convolution of signs with stride 1, so that a lane is the same pixel in all of them.
 */
export interface Grids {
  pitchOf(value: number): number;
  /** The `concat` in whose planes a value lies, and from which channel on. */
  readonly homes: ReadonlyMap<number, { readonly concat: number; readonly channel: number }>;
}

/** @param planes the groups that work on planes. */
export function layGrids(graph: Graph, shapes: readonly MapShape[], planes: ReadonlySet<FusedGroup>): Grids {
  const parents = graph.nodes.map((_, index) => index);
  const pitches = shapes.map(({ width }) => width);
  const rootOf = (value: number): number => {
    let root = value;
    while (parents[root] !== root) root = parents[root]!;
    return root;
  };
  const share = (a: number, b: number): void => {
    const [root, other] = [rootOf(a), rootOf(b)];
    parents[other] = root;
    pitches[root] = Math.max(pitches[root]!, pitches[other]!);
  };
  const widen = (value: number, pitch: number): void => {
    const root = rootOf(value);
    pitches[root] = Math.max(pitches[root]!, pitch);
  };

  const homes = new Map<number, { concat: number; channel: number }>();
  for (const fused of planes) {
    const { head, result, sign, add, source, sumBias, border } = fused;
    if (sign !== undefined) share(result, sign);
    if (add) share(result, add.operand);
    share(source, result);
    for (const added of [sumBias, border]) if (added !== undefined) share(source, added);
    const node = head === undefined ? undefined : graph.nodes[head]!;
    if (node?.op === 'concat') {
      for (const { operand, channel } of joinedBy(node, shapes)) {
        share(result, operand);
        if (!homes.has(operand)) homes.set(operand, { concat: result, channel });
      }
    }
    if (node?.op !== 'conv') continue;
    const operand = node.inputs[0]!;
    if (readsInPlace(graph, node)) {
      share(operand, result);
      widen(operand, shapes[operand]!.width + Math.max(node.pads.left, node.pads.right));
    } else {
      const [, height, width] = graph.tensors[node.weights]!.shape;
      widen(result, shapes[source]!.width + phasesOf({ height, width }, node).reach.columns);
    }
    // Binary convolutions of any stride read the operand's signs with their pads, so its pitch needs space for them.
    if (isBinary(graph, node)) widen(operand, shapes[operand]!.width + Math.max(node.pads.left, node.pads.right));
  }
  return { pitchOf: (value) => pitches[rootOf(value)]!, homes };
}

/** Whether a convolution on planes reads its operand's own planes. If not, it reads copies of the operand's phases. */
export function readsInPlace(graph: Graph, node: ConvNode): boolean {
  const { stride, pads } = node;
  if (stride.height !== 1 || stride.width !== 1 || isIntegerConv(graph, node)) return false;
  // Planes of signs include pads, planes of floats don't.
  return isBinary(graph, node) || pads.top + pads.left + pads.bottom + pads.right === 0;
}
