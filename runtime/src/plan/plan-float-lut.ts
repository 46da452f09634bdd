import type { ConvNode } from '@signwave/format';
import type { PlanContext } from './context.js';
import { roundUp, VECTOR_LANES } from './filters.js';
import type { Group } from './fusion.js';
import { cheapestFloatTables, FLOAT_CHUNK_LANES, lutWork } from './lut-parameters.js';
import { planLutStreams } from './lut-streams.js';
import { nodesOf } from './plan-conv.js';
import { planeOffsets } from './plan-lut.js';
import { copyPhases, planPlaneConv } from './plan-plane-conv.js';
import { planPlaneEpilogue } from './plane-epilogue.js';

/** A convolution of floats with 1-bit weights by look-up tables (float-tables.ts), where tables fit. */
export function planFloatLutConv(context: PlanContext, group: Group, node: ConvNode): void {
  const work = lutWork(context.graph, context.shapes, group, context.layouts.grids);
  const parameters = cheapestFloatTables(work);
  if (!parameters) {
    planPlaneConv(context, group, node);
    return;
  }
  const { channels, vectors, stripChunks, blockGroups, rowBytes } = parameters;
  const streams = planLutStreams(context, context.graph.tensors[node.weights]!, work, parameters, 4);
  const planes = copyPhases(context, node, work.phases, work.pitch, context.shapes[group.source]!.height);
  const tableGroups = Math.ceil(work.groupChannels / channels);
  const phases = work.phases.phases.length;
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
    chunks: Math.ceil(work.lanes / FLOAT_CHUNK_LANES),
    stripChunks,
    lanes: roundUp(work.lanes, VECTOR_LANES),
    sums: context.scratch('sums', work.groupFilters * stripChunks * FLOAT_CHUNK_LANES * 4),
  };
  context.steps.push({
    kernel: 'convFloatLut',
    record: { name: 'LutConv', values },
    epilogue: planPlaneEpilogue(context, group, { mayReplace: true }),
    nodes: nodesOf(group),
    reason:
      `1-bit weights on floats, no sign follows: tables of ${channels} channels, ${blockGroups * phases} at a time, ` +
      `strips of ${stripChunks * FLOAT_CHUNK_LANES} lanes`,
  });
}
