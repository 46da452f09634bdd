import type { Tensor } from '@signwave/format';
import type { PlanContext } from '../plan/plan-context.js';
import type { Share } from '../plan/step.js';
import { roundUp, SHARED_LANES, VECTOR_LANES } from './filters.js';
import type { LutConvRecord } from './generated/records.js';
import type { LutParameters, LutWork } from './lut-parameters.js';
import { planLutStreams } from './lut-streams.js';
import type { PhasePlanes } from './phase-planes.js';
import { epilogueAtChannel, epilogueAtLane } from './plane-epilogue.js';

/**
 * Plans what the records of both convolutions by look-up tables have in common (lut-conv.ts): planes, streams, tables and blocks.
 *
 * @param laneBytes size of a lane in the planes: 1 for signs, 4 for floats.
 */
export function planLutValues(
  context: PlanContext,
  weights: Tensor,
  work: LutWork,
  parameters: Pick<LutParameters, 'channels' | 'vectors' | 'stripChunks' | 'blockSlices' | 'rowBytes'>,
  planes: PhasePlanes,
  laneBytes: number,
) {
  const { channels, vectors, stripChunks, blockSlices, rowBytes } = parameters;
  const streams = planLutStreams(context, weights, work, parameters, laneBytes);
  const slices = Math.ceil(work.groupChannels / channels);
  const phases = work.phases.phases.length;
  return {
    input: planes.origin,
    planes: context.constant(planeOffsets(planes, work, channels)),
    streams: streams.streams,
    groups: work.groups,
    groupFilters: work.groupFilters,
    tableChannels: channels,
    blocks: streams.blocks,
    blockTables: blockSlices * phases,
    blockLookups: streams.blockLookups,
    lastTables: (slices - (streams.blocks - 1) * blockSlices) * phases,
    lastLookups: streams.lastLookups,
    tables: context.scratch('tables', blockSlices * phases * 2 ** (channels - 1) * rowBytes),
    rowBytes,
    vectors,
    stripChunks,
    lanes: roundUp(work.lanes, VECTOR_LANES),
  };
}

/** Lists where the planes of each table lie: u32 (groups, slices, phases, table channels). Missing channels have the plane of zeros. */
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

/**
 * Threads share lanes, or groups if there are too few lanes to share evenly.
 *
 * @param laneBytes size of a lane in the planes.
 * @param vectorLanes number of lanes in a vector.
 */
export function shareLutConv(
  record: LutConvRecord,
  threads: number,
  laneBytes: number,
  vectorLanes: number,
): Share<LutConvRecord> {
  const { lanes, groups, groupFilters, blocks, tableChannels, epilogue } = record;
  const chunkLanes = record.vectors * vectorLanes;
  const mostLanes = roundUp(Math.ceil(lanes / threads), SHARED_LANES);
  const laneShare = Math.ceil(mostLanes / chunkLanes) / record.chunks;
  const groupShare = Math.ceil(groups / threads) / groups;
  if (groupShare < laneShare) {
    const tables = (blocks - 1) * record.blockTables + record.lastTables;
    const lookups = (blocks - 1) * record.blockLookups + record.lastLookups;
    return {
      by: 'groups',
      units: groups,
      unitBytes: { planes: tables * tableChannels * 4, streams: groupFilters * (blocks * 4 + lookups * 2) },
      change: (first) => ({ epilogue: epilogueAtChannel(epilogue, first * groupFilters) }),
    };
  }
  return {
    by: 'lanes',
    units: lanes,
    multiple: SHARED_LANES,
    unitBytes: { input: laneBytes },
    change: (first, units) => ({
      chunks: Math.ceil(units / chunkLanes),
      epilogue: epilogueAtLane(epilogue, first),
    }),
  };
}
