import type { Tensor } from '@signwave/format';
import type { PlanContext } from './context.js';
import { roundUp, VECTOR_LANES } from './filters.js';
import type { LutParameters, LutWork } from './lut-parameters.js';
import { planLutStreams } from './lut-streams.js';
import type { Pointer } from './regions.js';

/** Planes as tables are built from them: one per channel and phase. */
export interface PhasePlanes {
  /** The first tap of lane 0 in the first phase of the first channel. */
  readonly origin: Pointer;
  /** From one channel to the next, and from one phase to the next. */
  readonly channelBytes: number;
  readonly phaseBytes: number;
  /** From `origin` to lanes of zeros. */
  readonly zerosOffsetBytes: number;
}

/**
 * What the records of both convolutions by look-up tables have alike (lut-conv.ts): planes, streams, tables and the order of the blocks.
 *
 * @param laneBytes of the planes: 1 of signs, 4 of floats.
 */
export function planLutValues(
  context: PlanContext,
  weights: Tensor,
  work: LutWork,
  parameters: Pick<LutParameters, 'channels' | 'vectors' | 'stripChunks' | 'blockGroups' | 'rowBytes'>,
  planes: PhasePlanes,
  laneBytes: number,
) {
  const { channels, vectors, stripChunks, blockGroups, rowBytes } = parameters;
  const streams = planLutStreams(context, weights, work, parameters, laneBytes);
  const tableGroups = Math.ceil(work.groupChannels / channels);
  const phases = work.phases.phases.length;
  return {
    input: planes.origin,
    planes: context.constant(planeOffsets(planes, work, channels)),
    streams: streams.streams,
    groups: work.groups,
    groupFilters: work.groupFilters,
    tableChannels: channels,
    blocks: streams.blocks,
    blockTables: blockGroups * phases,
    blockLookups: streams.blockLookups,
    lastTables: (tableGroups - (streams.blocks - 1) * blockGroups) * phases,
    lastLookups: streams.lastLookups,
    tables: context.scratch('tables', blockGroups * phases * 2 ** (channels - 1) * rowBytes),
    rowBytes,
    vectors,
    stripChunks,
    lanes: roundUp(work.lanes, VECTOR_LANES),
  };
}

/** u32 (groups, table groups, phases, table channels): where the planes of each table lie; zeros for channels that are missing. */
function planeOffsets(planes: PhasePlanes, work: LutWork, channels: number): Uint32Array {
  const { groups, groupChannels, phases } = work;
  const phaseCount = phases.phases.length;
  const offsets = new Uint32Array(groups * Math.ceil(groupChannels / channels) * phaseCount * channels);
  let to = 0;
  for (let group = 0; group < groups; group++) {
    for (let first = 0; first < groupChannels; first += channels) {
      for (let phase = 0; phase < phaseCount; phase++) {
        for (let i = first; i < first + channels; i++) {
          const channel = group * groupChannels + i;
          offsets[to++] =
            i < groupChannels ? channel * planes.channelBytes + phase * planes.phaseBytes : planes.zerosOffsetBytes;
        }
      }
    }
  }
  return offsets;
}
