import type { Tensor } from '@signwave/format';
import type { PlanContext } from '../plan/plan-context.js';
import type { Pointer } from '../plan/region.js';
import type { LutParameters, LutWork } from './lut-parameters.js';

/** The look-ups of all filters, which lut-gemm.ts reads, and their division into blocks. */
export interface LutStreams {
  readonly streams: Pointer;
  readonly blocks: number;
  readonly blockLookups: number;
  readonly lastLookups: number;
}

/** Number of u16 before a filter's look-ups: lut-expand.ts. */
const HEADER = 2;

/**
 * Plans a load step that expands the bits of filters (O, kh, kw, I / groups) to offsets into tables.
 *
 * @param laneBytes size of a lane in the tables: 1 for signs, 4 for floats.
 */
export function planLutStreams(
  context: PlanContext,
  weights: Tensor,
  work: LutWork,
  parameters: Pick<LutParameters, 'channels' | 'blockSlices' | 'rowBytes'>,
  laneBytes: number,
): LutStreams {
  const { groups, groupChannels, groupFilters, phases, pitch } = work;
  const { channels, blockSlices, rowBytes } = parameters;
  const taps = phases.taps.length;
  const slices = Math.ceil(groupChannels / channels);
  const blocks = Math.ceil(slices / blockSlices);
  const blockLookups = blockSlices * taps;
  const tableBytes = rowBytes * 2 ** (channels - 1);
  const placesOfTaps = Uint16Array.from({ length: blockLookups }, (_, i) => {
    const { phase, row, column } = phases.taps[i % taps]!;
    return (Math.floor(i / taps) * phases.phases.length + phase) * tableBytes + (row * pitch + column) * laneBytes;
  });
  const streams = context.made(groups * groupFilters * (blocks * HEADER + slices * taps) * 2);
  const [bits, places] = [context.loadData(weights.data), context.loadData(new Uint8Array(placesOfTaps.buffer))];
  context.loadSteps.push({
    kernel: 'expandLut',
    record: {
      weights: bits,
      groups,
      groupFilters,
      groupChannels,
      taps,
      tableChannels: channels,
      slices,
      blockSlices,
      rowBytes,
      places,
      streams,
      rows: context.scratch('rows', groupFilters * blockLookups * 2),
      adds: context.scratch('adds', groupFilters * 2),
      starts: context.scratch('starts', (blockLookups + 2) * 2),
    },
    nodes: [],
    reason: 'bits to look-ups',
  });
  return {
    streams,
    blocks,
    blockLookups,
    lastLookups: (slices - (blocks - 1) * blockSlices) * taps,
  };
}
