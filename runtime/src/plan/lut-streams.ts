import type { Tensor } from '@signwave/format';
import type { PlanContext } from './context.js';
import type { LutParameters, LutWork } from './lut-parameters.js';
import type { Pointer } from './regions.js';

/** Look-ups of all filters, as lut-gemm.ts reads them, and how they are divided into blocks. */
export interface LutStreams {
  readonly streams: Pointer;
  readonly blocks: number;
  readonly blockLookups: number;
  readonly lastLookups: number;
}

/** u16 before a filter's look-ups: lut-expand.ts. */
const HEADER = 2;

/**
 * Plan the expansion of the bits of filters (O, kh, kw, I / groups) to offsets into tables, when the model is loaded.
 *
 * @param laneBytes of the tables: 1 on signs, 4 on floats.
 */
export function planLutStreams(
  context: PlanContext,
  weights: Tensor,
  work: LutWork,
  parameters: Pick<LutParameters, 'channels' | 'blockGroups' | 'rowBytes'>,
  laneBytes: number,
): LutStreams {
  const { groups, groupChannels, groupFilters, phases, pitch } = work;
  const { channels, blockGroups, rowBytes } = parameters;
  const taps = phases.taps.length;
  const tableGroups = Math.ceil(groupChannels / channels);
  const blocks = Math.ceil(tableGroups / blockGroups);
  const blockLookups = blockGroups * taps;
  const tableBytes = rowBytes * 2 ** (channels - 1);
  const places = Uint16Array.from({ length: blockLookups }, (_, i) => {
    const { phase, row, column } = phases.taps[i % taps]!;
    return (Math.floor(i / taps) * phases.phases.length + phase) * tableBytes + (row * pitch + column) * laneBytes;
  });
  const streams = context.made(groups * groupFilters * (blocks * HEADER + tableGroups * taps) * 2);
  context.loadSteps.push({
    kernel: 'expandLut',
    record: {
      name: 'LutExpand',
      values: {
        weights: context.loadData(weights.data),
        groups,
        groupFilters,
        groupChannels,
        taps,
        tableChannels: channels,
        tableGroups,
        blockGroups,
        rowBytes,
        places: context.loadData(new Uint8Array(places.buffer)),
        streams,
        rows: context.scratch('rows', groupFilters * blockLookups * 2),
        adds: context.scratch('adds', groupFilters * 2),
        starts: context.scratch('starts', (blockLookups + 2) * 2),
      },
    },
    nodes: [],
    reason: 'bits to look-ups',
  });
  return {
    streams,
    blocks,
    blockLookups,
    lastLookups: (tableGroups - (blocks - 1) * blockGroups) * taps,
  };
}
