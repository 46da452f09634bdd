import type { ConvNode, Graph, MapShape } from '@signwave/format';
import { roundUp } from './filters.js';
import type { Group } from './fusion.js';
import type { Grids } from './grids.js';
import { type Phases, phasesOf } from './phases.js';

/** How a binary convolution uses look-up tables: lut-conv.ts. */
export interface LutParameters {
  /** Channels looked up at once. */
  readonly channels: number;
  /** Vectors of 16 lanes that a look-up adds. */
  readonly vectors: number;
  /** Chunks of `vectors` in a strip. */
  readonly stripChunks: number;
  /** Groups of `channels` in a block, one table for each of their phases. */
  readonly blockGroups: number;
  /** i8 lanes of a row of a table: those of a strip and as far as taps reach beyond it. */
  readonly rowBytes: number;
  /** Estimated cost, in vector operations. */
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
/** Offsets are u16. */
const OFFSET_END = 65_536;
/** An i8 sum of halves. */
const MAX_BLOCK_SUM = 127;

export function lutWork(graph: Graph, shapes: readonly MapShape[], group: Group, grids: Grids): LutWork {
  const node = graph.nodes[group.head!] as ConvNode;
  const [filters, height, width, groupChannels] = graph.tensors[node.weights]!.shape;
  const output = shapes[group.source]!;
  const pitch = grids.pitchOf(group.source);
  return {
    groups: node.groups,
    groupChannels,
    groupFilters: filters / node.groups,
    phases: phasesOf({ height, width }, node),
    pitch,
    lanes: (output.height - 1) * pitch + output.width,
  };
}

/** All ways that fit, the cheapest first. */
export function lutCandidates(work: LutWork): LutParameters[] {
  const found: LutParameters[] = [];
  for (const channels of TABLE_CHANNELS) {
    for (const vectors of VECTORS) {
      const chunks = Math.ceil(work.lanes / (vectors * 16));
      for (let stripChunks = 1; stripChunks <= Math.min(chunks, MAX_STRIP_CHUNKS); stripChunks++) {
        // The same number of strips with fewer chunks each is better.
        if (Math.ceil(chunks / Math.ceil(chunks / stripChunks)) !== stripChunks) continue;
        for (const blockGroups of blockSizes(work, channels)) {
          const parameters = candidate(work, channels, vectors, stripChunks, blockGroups);
          if (parameters) found.push(parameters);
        }
      }
    }
  }
  return found.sort((a, b) => a.cost - b.cost);
}

/** From one group of channels to as many as an i8 can sum, evenly divided among the blocks. */
function blockSizes(work: LutWork, channels: number): number[] {
  const tableGroups = Math.ceil(work.groupChannels / channels);
  const most = Math.min(tableGroups, Math.floor(MAX_BLOCK_SUM / ((channels / 2) * work.phases.taps.length)));
  const sizes = new Set<number>();
  for (let size = most; size >= 1; size--) sizes.add(Math.ceil(tableGroups / Math.ceil(tableGroups / size)));
  return [...sizes];
}

function candidate(
  work: LutWork,
  channels: number,
  vectors: number,
  stripChunks: number,
  blockGroups: number,
): LutParameters | undefined {
  const { groups, groupChannels, groupFilters, phases, pitch, lanes } = work;
  const rows = 2 ** (channels - 1);
  const reach = phases.reach.rows * pitch + phases.reach.columns;
  const rowBytes = roundUp(vectors * 16 * stripChunks + reach, 32);
  const tables = blockGroups * phases.phases.length;
  if (tables * rows * rowBytes > OFFSET_END) return undefined;

  const tableGroups = Math.ceil(groupChannels / channels);
  const blocks = Math.ceil(tableGroups / blockGroups);
  const chunks = Math.ceil(lanes / (vectors * 16));
  const strips = Math.ceil(chunks / stripChunks);
  const lookups = tableGroups * phases.taps.length;
  const build = strips * tableGroups * phases.phases.length * (rowBytes / 16) * (rows * STORE + channels * GATHER);
  const look = chunks * groupFilters * lookups * (vectors * LOOKUP_VECTOR + LOOKUP);
  const flush = chunks * groupFilters * (blocks * FILTER + (blocks - 1) * vectors * WIDEN);
  const spill = Math.max(1, (tables * rows * rowBytes) / CACHE_BYTES);
  const cost = groups * (build + look * (1 + (spill - 1) * SPILL) + flush);
  return { channels, vectors, stripChunks, blockGroups, rowBytes, cost, isFasterThanXnor: cost < xnorCost(work) };
}

// What things cost, in cycles: runtime/scripts/measure-kernels.mjs measures kernels and compares.
const STORE = 1.1;
const GATHER = 1.2;
const LOOKUP_VECTOR = 0.45;
const LOOKUP = 0.8;
const FILTER = 12;
const WIDEN = 3;
const CACHE_BYTES = 32_768;
const SPILL = 0.12;
/** xor, popcount and widening of 128 taps; patches and filters that are missing in the last 8 included. */
const XNOR_WORD = 3;
const XNOR_PIXEL = 30;

function xnorCost({ groups, groupChannels, groupFilters, phases, pitch, lanes }: LutWork): number {
  const words = Math.ceil((phases.taps.length * Math.ceil(groupChannels / 8)) / 4);
  const pixels = lanes - (lanes / pitch) * phases.reach.columns;
  return groups * pixels * (XNOR_PIXEL + (words / 4) * roundUp(groupFilters, 8) * XNOR_WORD);
}
