import type { ConvNode, Graph, MapShape } from '@signwave/format';
import { COSTS, type Costs } from '../plan/costs.js';
import type { FusedGroup } from '../plan/fuse.js';
import type { Grids } from '../plan/grids.js';
import { BLOCK, roundUp, SHARED_LANES, VECTOR_LANES } from './filters.js';
import { type Phases, phasesOf } from './phases.js';

/** How a binary convolution uses look-up tables: lut-conv.ts. */
export interface LutParameters {
  /** Channels looked up at once. */
  readonly channels: number;
  /** Vectors of 16 lanes that a look-up adds. */
  readonly vectors: number;
  /** Chunks of `vectors` in a strip. */
  readonly stripChunks: number;
  /** Slices in a block: a slice is `channels` channels, one table for each of their phases. */
  readonly blockSlices: number;
  /** i8 lanes of a row of a table: those of a strip and as far as taps reach beyond it. */
  readonly rowBytes: number;
  /** Estimated, in the units of {@link Costs}. */
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
  /** Lanes of the result, the last row's end not counted. */
  readonly lanes: number;
}

const TABLE_CHANNELS = [4, 6, 8] as const;
const VECTORS = [3, 4, 5, 6, 7] as const;
const MAX_STRIP_CHUNKS = 12;
/** buildTable takes two vectors at a time. */
const ROW_ALIGN_BYTES = 32;
/** Offsets are u16. */
const OFFSET_END = 65_536;
/** An i8 sum of halves. */
const MAX_BLOCK_SUM = 127;
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
 * A function that picks the cheapest way by estimate; undefined if none fits: rows so long that an offset overflows. It remembers: a network
 * has many convolutions of the same shape.
 */
export function estimator(costs: Costs): (work: LutWork) => LutParameters | undefined {
  const known = new Map<string, LutParameters | undefined>();
  return (work) => {
    const key = workKey(work);
    if (!known.has(key)) known.set(key, lutCandidates(work, 1, costs)[0]);
    return known.get(key);
  };
}

/** The same for the same work. */
export function workKey({ groups, groupChannels, groupFilters, phases, pitch, lanes }: LutWork): string {
  const taps = phases.taps.map(({ phase, row, column }) => `${phase} ${row} ${column}`);
  return [groups, groupChannels, groupFilters, pitch, lanes, ...taps].join();
}

/** The `most` cheapest of all ways that fit, the cheapest first. */
export function lutCandidates(work: LutWork, most: number, costs: Costs): LutParameters[] {
  const { groupChannels, phases, pitch, lanes } = work;
  const reach = phases.reach.rows * pitch + phases.reach.columns;
  const xnor = costOf(xnorTerms(work), costs);
  const found: LutParameters[] = [];
  for (const channels of TABLE_CHANNELS) {
    const slices = Math.ceil(groupChannels / channels);
    const mostSlices = Math.min(slices, Math.floor(MAX_BLOCK_SUM / ((channels / 2) * phases.taps.length)));
    for (const vectors of VECTORS) {
      const chunks = Math.ceil(lanes / (vectors * VECTOR_LANES));
      for (let stripChunks = 1; stripChunks <= Math.min(chunks, MAX_STRIP_CHUNKS); stripChunks++) {
        // The same number of strips with fewer chunks each, or of blocks with fewer slices, is better.
        if (!isEvenShare(chunks, stripChunks)) continue;
        const rowBytes = roundUp(vectors * VECTOR_LANES * stripChunks + reach, ROW_ALIGN_BYTES);
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
 * How threads share a convolution: by lanes, with all filters each; or, where lanes are few, by filters, with the same tables each.
 *
 * @param whole how one thread does it.
 * @param estimate the cheapest way to do less of it.
 * @returns how each part does it, and its filters: all of them where lanes are shared, else a multiple of 8.
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

/** Whether no smaller share divides `count` into as many parts. */
function isEvenShare(count: number, share: number): boolean {
  return Math.ceil(count / Math.ceil(count / share)) === share;
}

/** How often a convolution does what {@link Costs} price. */
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

/** Counting bits; patches and filters that are missing in the last 8 included. */
export function xnorTerms({ groups, groupChannels, groupFilters, phases, pitch, lanes }: LutWork): Terms {
  const words = Math.ceil((phases.taps.length * Math.ceil(groupChannels / 8)) / 4);
  const pixels = groups * (lanes - (lanes / pitch) * phases.reach.columns);
  return { xnorPixel: pixels, xnorWord: pixels * (words / 4) * roundUp(groupFilters, 8) };
}

function costOf(terms: Terms, costs: Costs): number {
  return Object.entries(terms).reduce((sum, [name, count]) => sum + count * costs[name as keyof Costs], 0);
}

/** Of floats. */
export const FLOAT_VECTOR_LANES = 4;
const FLOAT_TABLE_CHANNELS = [4, 6] as const;
/** That a look-up of floats adds: float-tables.ts. */
const FLOAT_VECTORS = [8, 10] as const;
/** Tables of floats are four times as large, so their block is what the second-level cache gives quickly. */
const MAX_FLOAT_STRIP_CHUNKS = 6;

/** The cheapest tables of floats by estimate, the same on every CPU, since the order of float sums depends on them; undefined if none fits. */
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
      // The epilogue finishes 16 lanes at a time: what is beyond a strip would be sums of the next filter.
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
