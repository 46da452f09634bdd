import type { ConvNode } from '@signwave/format';
import type { PlanContext } from './context.js';
import type { Group } from './fusion.js';
import { cheapestFloatTables, FLOAT_VECTOR_LANES, lutWork } from './lut-parameters.js';
import { planLutValues } from './lut-values.js';
import { nodesOf } from './plan-conv.js';
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
  const { channels, stripChunks, vectors } = parameters;
  const chunkLanes = vectors * FLOAT_VECTOR_LANES;
  const planes = copyPhases(context, node, work.phases, work.pitch, context.shapes[group.source]!.height);
  const shared = planLutValues(context, context.graph.tensors[node.weights]!, work, parameters, planes, 4);
  const values = {
    ...shared,
    chunks: Math.ceil(shared.lanes / chunkLanes),
    sums: context.scratch('sums', work.groupFilters * stripChunks * chunkLanes * 4),
  };
  context.steps.push({
    kernel: 'convFloatLut',
    record: { name: 'LutConv', values },
    epilogue: planPlaneEpilogue(context, group, { mayReplace: true }),
    nodes: nodesOf(group),
    reason:
      `1-bit weights on floats, no sign follows: tables of ${channels} channels, ${shared.blockTables} at a time, ` +
      `strips of ${stripChunks} x ${chunkLanes} lanes`,
  });
}
