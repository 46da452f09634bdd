import { isBinary } from '@signwave/format';
import { convFloatLut } from '../kernels/conv-float-lut.js';
import { convLut } from '../kernels/conv-lut.js';
import { type LutParameters, lutWork } from '../kernels/lut-parameters.js';
import { headOf, type Layout, type Room, type ShapedGraph } from '../kernels/room.js';
import { ROOMS } from '../kernels/rooms.js';
import type { BinaryKernels, Choice, PickTables } from './choice.js';
import { type FusedGroup, operandsOf } from './fuse.js';
import { layGrids } from './grids.js';

interface ChosenRooms {
  /** Gives the room that executes a fused group. */
  roomOf(fused: FusedGroup): Room;
  readonly choice: Choice;
}

/**
 * Chooses the room of each fused group. Convolutions by look-up tables decide the layout: they work on planes, and so do all operations
 * between them that can, so that maps are only converted where the layout changes.
 */
export function chooseRooms(
  shaped: ShapedGraph,
  groups: readonly FusedGroup[],
  kernels: BinaryKernels,
  pickTables: PickTables,
): ChosenRooms {
  const { graph, shapes } = shaped;
  const refusals = new Map<FusedGroup, string>();
  const candidates = new Set<FusedGroup>();
  const floatLuts: FusedGroup[] = [];
  for (const fused of groups) {
    const head = headOf(graph, fused);
    if (!head) continue;
    const isOff = kernels === 'xnor';
    if (isBinary(graph, head)) {
      const refusal = isOff ? 'tables are switched off' : convLut.refusal?.(shaped, fused);
      if (refusal === undefined) candidates.add(fused);
      else refusals.set(fused, refusal);
    } else if (!isOff && convFloatLut.refusal?.(shaped, fused) === undefined) floatLuts.push(fused);
  }
  for (;;) {
    const planes = spread(shaped, groups, [...candidates, ...floatLuts]);
    const grids = layGrids(graph, shapes, planes);
    const luts = new Map<FusedGroup, LutParameters>();
    for (const fused of candidates) {
      const parameters = pickTables(lutWork(graph, shapes, fused, grids), fused.head!);
      if (!parameters) refusals.set(fused, 'offsets into the tables of a row would not fit 16 bits');
      else if (kernels === 'auto' && !parameters.isFasterThanXnor) refusals.set(fused, 'faster than tables here');
      else luts.set(fused, parameters);
    }
    if (luts.size === candidates.size) {
      const rooms = new Map(
        groups.map((fused) => [fused, acceptingRoom(shaped, fused, planes.has(fused) ? 'planes' : 'pixels')!]),
      );
      return { roomOf: (fused) => rooms.get(fused)!, choice: { luts, refusals, grids } };
    }
    // Without a convolution, the grids can change, and with them the tables of the others.
    for (const fused of candidates) if (!luts.has(fused)) candidates.delete(fused);
  }
}

/** Finds the first room of a layout that accepts a fused group. */
function acceptingRoom(shaped: ShapedGraph, fused: FusedGroup, layout: Layout, mayDecide = true): Room | undefined {
  const op = headOf(shaped.graph, fused)?.op ?? 'elementwise';
  return ROOMS[op as keyof typeof ROOMS].find(
    (room) => room.layout === layout && (mayDecide || !room.isDecisive) && room.refusal?.(shaped, fused) === undefined,
  );
}

/** Finds the fused groups that work on planes: the decisive ones, and all that are connected to them by groups that can work on planes. */
function spread(
  shaped: ShapedGraph,
  groups: readonly FusedGroup[],
  decisive: readonly FusedGroup[],
): ReadonlySet<FusedGroup> {
  const makers: FusedGroup[][] = [];
  const readers: FusedGroup[][] = [];
  const add = (lists: FusedGroup[][], value: number, fused: FusedGroup): void => {
    lists[value] ??= [];
    lists[value].push(fused);
  };
  for (const fused of groups) {
    for (const value of operandsOf(shaped.graph, fused)) add(readers, value, fused);
    for (const value of resultsOf(fused)) add(makers, value, fused);
  }
  const planes = new Set(decisive);
  const visit = (lists: FusedGroup[][], value: number): void => {
    for (const next of lists[value] ?? []) if (acceptingRoom(shaped, next, 'planes', false)) planes.add(next);
    // What thousands of groups read is looked at once.
    lists[value] = [];
  };
  // The loop also visits what is added to the set meanwhile.
  for (const fused of planes) {
    for (const value of operandsOf(shaped.graph, fused)) visit(makers, value);
    for (const value of resultsOf(fused)) visit(readers, value);
  }
  return planes;
}

function resultsOf(fused: FusedGroup): number[] {
  return fused.sign === undefined ? [fused.result] : [fused.result, fused.sign];
}
