import {
  type ConvNode,
  freeSums,
  type Graph,
  isBinary,
  isIntegerConv,
  type MapShape,
  type PoolNode,
  tensorElements,
  tensorValues,
} from '@signwave/format';
import type { Group } from './fusion.js';
import { type Grids, layGrids } from './grids.js';
import { canUsePairs } from './integer-pairs.js';
import { type LutParameters, type LutWork, lutWork } from './lut-parameters.js';

/** Which kernels binary convolutions may take: `auto` takes what is fastest, `lut` tables wherever they can be used. */
export type BinaryKernels = 'auto' | 'xnor' | 'lut';

/** How a convolution that can use tables does, `head` its node; undefined if none fit. */
export type PickTables = (work: LutWork, head: number) => LutParameters | undefined;

/** Sums of halves must fit i16. */
const MAX_LUT_TAPS = 65_534;

/** Channels and filters below which a table of floats isn't worth building. */
const MIN_FLOAT_LUT_SIDE = 4;

/** In which layout each group works, and where the lanes of its maps lie. */
export interface Layouts {
  /** The groups that work on planes; all others work on pixels. */
  readonly planes: ReadonlySet<Group>;
  /** Binary convolutions by look-up tables. */
  readonly luts: ReadonlyMap<Group, LutParameters>;
  /** Convolutions of floats by look-up tables. */
  readonly floatLuts: ReadonlySet<Group>;
  /** Why a binary convolution takes no tables, in words. */
  readonly refusals: ReadonlyMap<Group, string>;
  readonly grids: Grids;
}

/**
 * Choose kernels and layouts. Binary convolutions decide: those that take look-up tables work on planes, and so do all other
 * operations between them that can, so that maps are converted at the edges only.
 */
export function chooseLayouts(
  graph: Graph,
  shapes: readonly MapShape[],
  groups: readonly Group[],
  kernels: BinaryKernels,
  pickTables: PickTables,
): Layouts {
  const refusals = new Map<Group, string>();
  const candidates = new Set<Group>();
  for (const group of groups) {
    const head = headOf(graph, group);
    if (!head || !isBinary(graph, head)) continue;
    const refusal = kernels === 'xnor' ? 'tables are switched off' : tableRefusal(graph, shapes, group);
    if (refusal === undefined) candidates.add(group);
    else refusals.set(group, refusal);
  }
  const free = freeSums(graph);
  const floatLuts = new Set(
    kernels === 'xnor' ? [] : groups.filter((group) => canUseFloatTables(graph, shapes, group, free)),
  );
  for (;;) {
    const planes = spread(graph, shapes, groups, [...candidates, ...floatLuts]);
    const grids = layGrids(graph, shapes, planes);
    const luts = new Map<Group, LutParameters>();
    for (const group of candidates) {
      const parameters = pickTables(lutWork(graph, shapes, group, grids), group.head!);
      if (!parameters) refusals.set(group, 'offsets into the tables of a row would not fit 16 bits');
      else if (kernels === 'auto' && !parameters.isFasterThanXnor) refusals.set(group, 'faster than tables here');
      else luts.set(group, parameters);
    }
    if (luts.size === candidates.size) return { planes, luts, floatLuts, refusals, grids };
    // A convolution less can change the grids, and with them the tables of the others.
    for (const group of candidates) if (!luts.has(group)) candidates.delete(group);
  }
}

/** The node of a group's head, if it has one. */
function headOf(graph: Graph, group: Group) {
  return group.head === undefined ? undefined : graph.nodes[group.head];
}

/** What stands against tables: they need an even number of channels, sums that fit i16, scales that can be doubled, and lanes. */
function tableRefusal(graph: Graph, shapes: readonly MapShape[], group: Group): string | undefined {
  const node = headOf(graph, group);
  if (node?.op !== 'conv') return 'one pixel';
  const { shape } = graph.tensors[node.weights]!;
  const taps = tensorElements(shape) / shape[0];
  if (isPixel(shapes[group.source]!)) return 'one pixel';
  if (shape[3] % 2 !== 0) return `an odd number of channels (${shape[3]}) has no halved sums`;
  if (taps > MAX_LUT_TAPS) return `sums of ${taps} taps do not fit 16 bits`;
  const affine = group.affine === undefined ? undefined : graph.nodes[group.affine];
  if (affine?.op !== 'affine') return undefined;
  const values = tensorValues(graph.tensors[affine.coefficients]!);
  const canDouble = values.subarray(0, values.length / 2).every((scale) => Number.isFinite(Math.fround(2 * scale)));
  return canDouble ? undefined : 'a scale is too large to be doubled';
}

/** Whether a convolution of floats gains by tables: 1-bit weights, enough filters to share a table, no sign that depends on it. */
function canUseFloatTables(
  graph: Graph,
  shapes: readonly MapShape[],
  group: Group,
  free: ReadonlySet<number>,
): boolean {
  if (group.head === undefined || !free.has(group.head) || isPixel(shapes[group.source]!)) return false;
  const node = graph.nodes[group.head] as ConvNode;
  const [filters, , , groupChannels] = graph.tensors[node.weights]!.shape;
  return groupChannels >= MIN_FLOAT_LUT_SIDE && filters / node.groups >= MIN_FLOAT_LUT_SIDE;
}

function isPixel({ height, width }: MapShape): boolean {
  return height * width === 1;
}

/** The groups with tables, and all that reach them through groups that can work on planes as well. */
function spread(
  graph: Graph,
  shapes: readonly MapShape[],
  groups: readonly Group[],
  luts: readonly Group[],
): ReadonlySet<Group> {
  const makers = new Map<number, Group[]>();
  const readers = new Map<number, Group[]>();
  const note = (map: Map<number, Group[]>, value: number, group: Group): void => {
    map.set(value, [...(map.get(value) ?? []), group]);
  };
  for (const group of groups) {
    for (const value of operandsOf(graph, group)) note(readers, value, group);
    for (const value of resultsOf(group)) note(makers, value, group);
  }
  const planes = new Set(luts);
  for (const group of planes) {
    const neighbours = [
      ...operandsOf(graph, group).flatMap((value) => makers.get(value) ?? []),
      ...resultsOf(group).flatMap((value) => readers.get(value) ?? []),
    ];
    // A set is walked in the order of insertion, what is added on the way included.
    for (const next of neighbours) if (canWorkOnPlanes(graph, shapes, next)) planes.add(next);
  }
  return planes;
}

/** Values that a group reads. */
export function operandsOf(graph: Graph, group: Group): number[] {
  const operands = group.head === undefined ? [group.source] : [...graph.nodes[group.head]!.inputs];
  if (group.add) operands.push(group.add.operand);
  return operands;
}

function resultsOf(group: Group): number[] {
  return group.sign === undefined ? [group.result] : [group.result, group.sign];
}

/** Whether a pool is what `globalAvgPool` is (SPEC 4.12): one window, the whole map. */
export function isMeanOfMap({ window, pads }: PoolNode, { height, width }: MapShape): boolean {
  const padCount = pads.top + pads.left + pads.bottom + pads.right;
  return window.height === height && window.width === width && padCount === 0;
}

function canWorkOnPlanes(graph: Graph, shapes: readonly MapShape[], group: Group): boolean {
  const node = headOf(graph, group);
  if (isPixel(shapes[node?.inputs[0] ?? group.source]!)) return false;
  switch (node?.op) {
    case undefined:
    case 'globalAvgPool':
      return true;
    case 'conv':
      if (isBinary(graph, node) || isPixel(shapes[group.source]!)) return false;
      return !isIntegerConv(graph, node) || canUsePairs(graph, node);
    case 'avgPool':
      return isMeanOfMap(node, shapes[node.inputs[0]!]!) || !isPixel(shapes[group.result]!);
    case 'maxPool':
    case 'padChannels':
    case 'sliceSpatial':
      return !isPixel(shapes[group.result]!);
    default:
      return false;
  }
}
