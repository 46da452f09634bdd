import type { ConvNode } from '@signwave/format';
import type { PlanContext } from './context.js';
import { roundUp, VECTOR_LANES } from './filters.js';
import type { Group } from './fusion.js';
import { readsInPlace } from './grids.js';
import { type LutParameters, type LutWork, lutWork } from './lut-parameters.js';
import { planLutStreams } from './lut-streams.js';
import type { SignPlanes } from './plan.js';
import { nodesOf } from './plan-conv.js';
import { planPlaneEpilogue } from './plane-epilogue.js';
import { type Pointer, pointer } from './regions.js';

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

/** A binary convolution by look-up tables (lut-conv.ts). */
export function planLutConv(context: PlanContext, group: Group, node: ConvNode, parameters: LutParameters): void {
  const work = lutWork(context.graph, context.shapes, group, context.layouts.grids);
  const weights = context.graph.tensors[node.weights]!;
  const streams = planLutStreams(context, weights, work, parameters, 1);
  const signs = context.signPlanes.get(node.inputs[0]!)!;
  const planes = readsInPlace(context.graph, node)
    ? planesInPlace(signs, node)
    : copyPhases(context, signs, node, work);
  const { channels, vectors, stripChunks, blockGroups, rowBytes } = parameters;
  const tableGroups = Math.ceil(work.groupChannels / channels);
  const phases = work.phases.phases.length;
  const chunks = Math.ceil(work.lanes / (vectors * VECTOR_LANES));
  const stripLanes = stripChunks * vectors * VECTOR_LANES;
  const sums = work.groupFilters * stripLanes;
  const values = {
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
    chunks,
    stripChunks,
    lanes: roundUp(work.lanes, VECTOR_LANES),
    sums: context.scratch('sums', sums),
    wideSums: context.scratch('wide sums', streams.blocks > 1 ? sums * 2 : 0),
  };
  const maxSum = work.phases.taps.length * work.groupChannels;
  const epilogue = planPlaneEpilogue(context, group, { maxSum, mayReplace: true });
  context.steps.push({
    kernel: 'convLut',
    record: { name: 'LutConv', values },
    epilogue,
    nodes: nodesOf(group),
    reason:
      `1-bit weights on signs: tables of ${channels} channels, ${blockGroups * phases} at a time, ` +
      `strips of ${stripChunks} x ${vectors * VECTOR_LANES} lanes${epilogue.values.sumThresholds ? ', sign as an integer threshold' : ''}`,
  });
}

/** With a stride of 1 the planes of the sign are the only phase. */
function planesInPlace({ origin, pitch, planeBytes, shape }: SignPlanes, { pads }: ConvNode): PhasePlanes {
  const before = pads.top * pitch + pads.left;
  return {
    origin: pointer(origin.region, origin.offsetBytes - before),
    channelBytes: planeBytes,
    phaseBytes: 0,
    zerosOffsetBytes: shape.channels * planeBytes,
  };
}

/** Planes for each phase, copied from the sign's with its pads. */
function copyPhases(
  context: PlanContext,
  signs: SignPlanes,
  node: ConvNode,
  { phases, pitch, lanes }: LutWork,
): PhasePlanes {
  const { channels, height } = signs.shape;
  const { stride, pads } = node;
  const rows = Math.ceil(lanes / pitch) + phases.reach.rows;
  // A row is written up to the next whole vector.
  const phaseBytes = rows * pitch + VECTOR_LANES;
  const channelBytes = phases.phases.length * phaseBytes;
  const region = context.fixed((channels + 1) * channelBytes);
  const start = signs.origin.offsetBytes - pads.top * signs.pitch - pads.left;
  phases.phases.forEach(({ row, column }, phase) => {
    context.steps.push({
      kernel: 'copySignPlanes',
      record: {
        name: 'CopyPlanes',
        values: {
          input: pointer(signs.region, start + row * signs.pitch + column),
          inputPlaneBytes: signs.planeBytes,
          inputRowBytes: stride.height * signs.pitch,
          columnStep: stride.width,
          output: pointer(region, phase * phaseBytes),
          outputPlaneBytes: channelBytes,
          outputRowBytes: pitch,
          planes: channels,
          // Rows past the bottom pads are nobody's taps.
          rows: Math.min(rows, Math.ceil((pads.top + height + pads.bottom - row) / stride.height)),
          columns: pitch,
        },
      },
      nodes: [],
      reason: 'every other row and column, for the stride of the convolution that follows',
    });
  });
  return { origin: pointer(region), channelBytes, phaseBytes, zerosOffsetBytes: channels * channelBytes };
}

/** u32 (groups, table groups, phases, table channels): where the planes of each table lie; zeros for channels that are missing. */
export function planeOffsets(planes: PhasePlanes, work: LutWork, channels: number): Uint32Array {
  const { groups, groupChannels, phases } = work;
  const offsets: number[] = [];
  for (let group = 0; group < groups; group++) {
    for (let first = 0; first < groupChannels; first += channels) {
      for (let phase = 0; phase < phases.phases.length; phase++) {
        for (let i = first; i < first + channels; i++) {
          const channel = group * groupChannels + i;
          offsets.push(
            i < groupChannels ? channel * planes.channelBytes + phase * planes.phaseBytes : planes.zerosOffsetBytes,
          );
        }
      }
    }
  }
  return Uint32Array.from(offsets);
}
