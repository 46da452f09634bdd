import type { ConvNode, Graph, MapShape } from '@signwave/format';
import { COSTS, type Costs } from '../plan/costs.js';
import type { FusedGroup } from '../plan/fuse.js';
import type { Grids } from '../plan/grids.js';
import { BLOCK, roundUp, SHARED_LANES, VECTOR_LANES } from './filters.js';
import { type Phases, phasesOf } from './phases.js';

/** How a binary convolution uses look-up tables: lut-conv.ts. */
export interface LutParameters {
  /** Number of channels that a look-up covers. */
  readonly channels: number;
  /** Number of vectors of 16 lanes that a look-up adds. */
  readonly vectors: number;
  /** Number of chunks in a strip; a chunk is `vectors` vectors. */
  readonly stripChunks: number;
  /** Number of slices in a block. A slice is `channels` channels, with one table for each phase. */
  readonly blockSlices: number;
  /** Size of a row of a table: i8 lanes for a strip and for the taps that reach beyond it. */
  readonly rowBytes: number;
  /** Estimated cost, in the units of {@link Costs}. */
  readonly cost: number;
  readonly isFasterThanXnor: boolean;
}

/** The work of a binary convolution on planes. */
export interface LutWork {
  readonly groups: number;
  readonly groupChannels: number;
  readonly groupFilters: number;
  readonly phases: Phases;
  readonly pitch: number;
  /** Number of lanes of the result, without those after the last row's last pixel. */
  readonly lanes: number;
}

const TABLE_CHANNELS = [4, 6, 8] as const;
/** Numbers of vectors that lut-gemm.ts can add. */
const LEAST_VECTORS = 2;
const MOST_VECTORS = 7;
const MAX_STRIP_CHUNKS = 12;
/** buildTable writes two vectors at a time. */
const ROW_ALIGN_BYTES = 32;
/** Offsets into tables are u16. */
const OFFSET_END = 65_536;
/** Halved sums of a block are i8, and planeThreshold can't tell more than 126 from 127. */
const MAX_BLOCK_SUM = 126;
/** Size of the L1 cache; each further multiple of it slows look-ups by SPILL. */
const CACHE_BYTES = 32_768;
const SPILL = 0.12;

export function lutWork(graph: Graph, shapes: readonly MapShape[], fused: FusedGroup, grids: Grids): LutWork {
  const node = graph.nodes[fused.head!] as ConvNode;
  const [filters, height, width, groupChannels] = graph.tensors[node.weights]!.shape;
  const output = shapes[fused.source]!;
  const pitch = grids.pitchOf(fused.source);
  return {
    groups: node.groups,
    groupChannels,
    groupFilters: filters / node.groups,
    phases: phasesOf({ height, width }, node),
    pitch,
    lanes: (output.height - 1) * pitch + output.width,
  };
}

/**
 * Makes a function that picks the cheapest tables by estimate; undefined if none fit, because rows are so long that an offset overflows. It
 * remembers its results, since networks have many convolutions of the same shape.
 */
export function estimator(costs: Costs): (work: LutWork) => LutParameters | undefined {
  const known = new Map<string, LutParameters | undefined>();
  return (work) => {
    const key = workKey(work);
    if (!known.has(key)) known.set(key, lutCandidates(work, 1, costs)[0]);
    return known.get(key);
  };
}

/** Gives equal keys for equal work, whose fields {@link lutWork} lists in one order. */
export function workKey(work: LutWork): string {
  return JSON.stringify(work);
}

/** Finds the `most` cheapest of all tables that fit, in rising order of cost. */
export function lutCandidates(work: LutWork, most: number, costs: Costs): LutParameters[] {
  const { groupChannels, phases, pitch, lanes } = work;
  const reach = phases.reach.rows * pitch + phases.reach.columns;
  const xnor = costOf(xnorTerms(work), costs);
  const found: LutParameters[] = [];
  for (const channels of TABLE_CHANNELS) {
    const slices = Math.ceil(groupChannels / channels);
    const mostSlices = Math.min(slices, Math.floor(MAX_BLOCK_SUM / ((channels / 2) * phases.taps.length)));
    for (let vectors = LEAST_VECTORS; vectors <= MOST_VECTORS; vectors++) {
      const chunks = Math.ceil(lanes / (vectors * VECTOR_LANES));
      for (let stripChunks = 1; stripChunks <= Math.min(chunks, MAX_STRIP_CHUNKS); stripChunks++) {
        // If fewer chunks in each strip, or fewer slices in each block, give as many strips or blocks, that is better.
        if (!isEvenShare(chunks, stripChunks)) continue;
        // Beyond the last lane the rows overlap: what is looked up there is no pixel's.
        const rowBytes = roundUp(Math.min(vectors * VECTOR_LANES * stripChunks, lanes) + reach, ROW_ALIGN_BYTES);
        const sliceBytes = phases.phases.length * 2 ** (channels - 1) * rowBytes;
        for (
          let blockSlices = Math.min(mostSlices, Math.floor(OFFSET_END / sliceBytes));
          blockSlices >= 1;
          blockSlices--
        ) {
          if (!isEvenShare(slices, blockSlices)) continue;
          const tables = { channels, vectors, stripChunks, blockSlices, rowBytes };
          const cost = costOf(lutTerms(work, tables), costs);
          if (found.length === most && cost >= found[most - 1]!.cost) continue;
          found.push({ ...tables, cost, isFasterThanXnor: cost < xnor });
          found.sort((a, b) => a.cost - b.cost).splice(most);
        }
      }
    }
  }
  return found;
}

/**
 * Decides how threads share a convolution: either by lanes, each with all filters; or, if there are few lanes, by filters, each with the
 * same tables.
 *
 * @param whole the tables for one thread.
 * @param estimate finds the cheapest tables for a share of the work.
 * @returns the tables of each part, and its number of filters: all if lanes are shared, otherwise a multiple of 8.
 */
export function shareLutWork(
  work: LutWork,
  whole: LutParameters,
  threads: number,
  estimate: (work: LutWork) => LutParameters | undefined,
): { readonly parameters: LutParameters; readonly partFilters: number } {
  const { groupFilters, groups } = work;
  if (threads === 1) return { parameters: whole, partFilters: groupFilters };
  const lanes = Math.min(work.lanes, roundUp(Math.ceil(work.lanes / threads), SHARED_LANES));
  const byLanes = estimate({ ...work, lanes }) ?? whole;
  const partFilters = roundUp(Math.ceil(groupFilters / threads), BLOCK);
  const byFilters = groups === 1 ? estimate({ ...work, groupFilters: partFilters }) : undefined;
  return byFilters && partFilters < groupFilters && byFilters.cost < byLanes.cost
    ? { parameters: byFilters, partFilters }
    : { parameters: haveSameTables(byLanes, whole) ? whole : byLanes, partFilters: groupFilters };
}

function haveSameTables(a: LutParameters, b: LutParameters): boolean {
  return (['channels', 'vectors', 'stripChunks', 'blockSlices', 'rowBytes'] as const).every((it) => a[it] === b[it]);
}

/** Whether no smaller share divides `count` into the same number of pieces. */
function isEvenShare(count: number, share: number): boolean {
  return Math.ceil(count / Math.ceil(count / share)) === share;
}

/** How often a convolution does each piece of work that {@link Costs} prices. */
export type Terms = Readonly<Partial<Record<keyof Costs, number>>>;

export function lutTerms(
  { groups, groupChannels, groupFilters, phases, lanes }: LutWork,
  { channels, vectors, stripChunks, blockSlices, rowBytes }: Omit<LutParameters, 'cost' | 'isFasterThanXnor'>,
): Terms {
  const rows = 2 ** (channels - 1);
  const slices = Math.ceil(groupChannels / channels);
  const blocks = Math.ceil(slices / blockSlices);
  const chunks = Math.ceil(lanes / (vectors * VECTOR_LANES));
  const strips = Math.ceil(chunks / stripChunks);
  const tableVectors = groups * strips * slices * phases.phases.length * (rowBytes / VECTOR_LANES);
  const spill = Math.max(0, (blockSlices * phases.phases.length * rows * rowBytes) / CACHE_BYTES - 1);
  const lookups = groups * chunks * groupFilters * slices * phases.taps.length * (1 + spill * SPILL);
  return {
    store: tableVectors * rows,
    gather: tableVectors * channels,
    lookupVector: lookups * vectors,
    lookup: lookups,
    filter: groups * chunks * groupFilters * blocks,
    widen: groups * chunks * groupFilters * (blocks - 1) * vectors,
  };
}

/** The terms of counting bits, including the making of patches and the filters that are missing in the last block of 8. */
export function xnorTerms({ groups, groupChannels, groupFilters, phases, pitch, lanes }: LutWork): Terms {
  const words = Math.ceil((phases.taps.length * Math.ceil(groupChannels / 8)) / 4);
  const pixels = groups * (lanes - (lanes / pitch) * phases.reach.columns);
  return { xnorPixel: pixels, xnorWord: pixels * (words / 4) * roundUp(groupFilters, 8) };
}

function costOf(terms: Terms, costs: Costs): number {
  return Object.entries(terms).reduce((sum, [name, count]) => sum + count * costs[name as keyof Costs], 0);
}

/** Number of floats in a vector. */
export const FLOAT_VECTOR_LANES = 4;
const FLOAT_TABLE_CHANNELS = [4, 6] as const;
/** Possible numbers of vectors that a look-up of floats adds: float-tables.ts. */
const FLOAT_VECTORS = [8, 10] as const;
/** Tables of floats are four times as large, so strips are short enough for a block of tables to be read quickly from the L2 cache. */
const MAX_FLOAT_STRIP_CHUNKS = 6;

/**
 * Finds the cheapest tables of floats by estimate; undefined if none fit. They are the same on every CPU, because the order of float sums
 * depends on them.
 */
export function cheapestFloatTables(work: LutWork): Omit<LutParameters, 'isFasterThanXnor'> | undefined {
  const { groupChannels, groupFilters, phases, pitch } = work;
  const lanes = roundUp(work.lanes, VECTOR_LANES);
  const reach = phases.reach.rows * pitch + phases.reach.columns;
  const costs = COSTS.x86;
  let best: Omit<LutParameters, 'isFasterThanXnor'> | undefined;
  for (const channels of FLOAT_TABLE_CHANNELS) {
    const slices = Math.ceil(groupChannels / channels);
    for (const vectors of FLOAT_VECTORS) {
      const chunkLanes = vectors * FLOAT_VECTOR_LANES;
      const chunks = Math.ceil(lanes / chunkLanes);
      const look = slices * phases.taps.length * (vectors * costs.lookupVector + costs.lookup);
      // The epilogue finishes 16 lanes at a time. If a strip were no multiple of 16, it would read sums of the next filter behind it.
      const step = chunkLanes % VECTOR_LANES === 0 ? 1 : 2;
      for (
        let stripChunks = step;
        stripChunks <= Math.min(roundUp(chunks, step), MAX_FLOAT_STRIP_CHUNKS);
        stripChunks += step
      ) {
        const rowBytes = roundUp((chunkLanes * stripChunks + reach) * 4, ROW_ALIGN_BYTES);
        const sliceBytes = phases.phases.length * 2 ** (channels - 1) * rowBytes;
        const blockSlices = Math.min(slices, Math.floor(OFFSET_END / sliceBytes));
        if (blockSlices === 0) continue;
        const strips = Math.ceil(chunks / stripChunks);
        const build = strips * slices * (sliceBytes / 16) * costs.store;
        const flush = Math.ceil(slices / blockSlices) * (costs.filter + vectors * 2);
        const cost = build + chunks * groupFilters * (look + flush);
        if (!best || cost < best.cost) best = { channels, vectors, stripChunks, blockSlices, rowBytes, cost };
      }
    }
  }
  return best;
}
