import type { Tensor } from '@signwave/format';
import type { LutParameters, LutWork } from './lut-parameters.js';

/** Look-ups of all filters, as lut-gemm.ts reads them, and how they are divided into blocks. */
export interface LutStreams {
  readonly offsets: Uint16Array;
  readonly blocks: number;
  readonly blockLookups: number;
  readonly lastLookups: number;
}

/** u16 before a filter's look-ups: how many are added, and which filter it is. */
const HEADER = 2;

/**
 * Expand the bits of filters (O, kh, kw, I / groups) to offsets into tables.
 *
 * A look-up takes the bits of one tap and one group of table channels: the row of the table. If the top bit is set, its
 * complement's row is subtracted instead (lut-tables.ts).
 */
export function lutStreams(weights: Tensor, work: LutWork, parameters: LutParameters): LutStreams {
  const { groups, groupChannels, groupFilters, phases, pitch } = work;
  const { channels, blockGroups, rowBytes } = parameters;
  const taps = phases.taps.length;
  const tableGroups = Math.ceil(groupChannels / channels);
  const blocks = Math.ceil(tableGroups / blockGroups);
  const tableBytes = rowBytes * 2 ** (channels - 1);
  const lastGroups = tableGroups - (blocks - 1) * blockGroups;
  const offsets = new Uint16Array(groups * groupFilters * (blocks * HEADER + tableGroups * taps));
  // A byte more, so that two can be read at once.
  const bits = new Uint8Array(weights.data.length + 1);
  bits.set(weights.data);

  const scratch = new Uint16Array(groupFilters * blockGroups * taps);
  const adds = new Uint16Array(groupFilters);
  let at = 0;
  for (let group = 0; group < groups; group++) {
    for (let block = 0; block < blocks; block++) {
      const count = block === blocks - 1 ? lastGroups : blockGroups;
      const lookups = count * taps;
      for (let filter = 0; filter < groupFilters; filter++) {
        let add = filter * lookups;
        let subtract = add + lookups;
        for (let n = 0; n < count; n++) {
          const first = (block * blockGroups + n) * channels;
          const used = Math.min(channels, groupChannels - first);
          const mask = (1 << used) - 1;
          const top = 1 << (channels - 1);
          for (let tap = 0; tap < taps; tap++) {
            const bit = ((group * groupFilters + filter) * taps + tap) * groupChannels + first;
            const word = ((bits[bit >> 3]! | (bits[(bit >> 3) + 1]! << 8)) >> (bit & 7)) & mask;
            const { phase, row, column } = phases.taps[tap]!;
            const place = (n * phases.phases.length + phase) * tableBytes + row * pitch + column;
            if (word & top) scratch[--subtract] = place + (~word & (top - 1)) * rowBytes;
            else scratch[add++] = place + word * rowBytes;
          }
        }
        adds[filter] = add - filter * lookups;
      }
      at = writeSorted(offsets, at, scratch, adds, lookups);
    }
  }
  return { offsets, blocks, blockLookups: blockGroups * taps, lastLookups: lastGroups * taps };
}

/** Write the look-ups of a block, filters in rising order of their number of additions. @returns where the next block begins. */
function writeSorted(
  offsets: Uint16Array,
  start: number,
  lookups: Uint16Array,
  adds: Uint16Array,
  filterLookups: number,
): number {
  const order = Array.from(adds.keys()).sort((a, b) => adds[a]! - adds[b]! || a - b);
  let at = start;
  for (const filter of order) {
    offsets[at] = adds[filter]!;
    offsets[at + 1] = filter;
    at += HEADER;
    for (let i = 0; i < filterLookups; i++) offsets[at + i] = lookups[filter * filterLookups + i]!;
    at += filterLookups;
  }
  return at;
}
