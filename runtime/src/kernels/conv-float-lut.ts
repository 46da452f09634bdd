import type { ConvNode } from '@signwave/format';
import { nodesOf } from '../plan/fuse.js';
import { convPlanes } from './conv-planes.js';
import { cheapestFloatTables, FLOAT_VECTOR_LANES, lutWork } from './lut-parameters.js';
import { planLutValues, shareLutConv } from './lut-values.js';
import { copyFloatPhases } from './phase-planes.js';
import { planPlaneEpilogue } from './plane-epilogue.js';
import { headOf, isPixel, type Room } from './room.js';

/** With fewer channels or filters than this, building tables of floats doesn't pay. */
const MIN_SIDE = 4;

/** Executes a convolution of floats with 1-bit weights by look-up tables (runtime/assembly/float-tables.ts), if tables fit. */
export const convFloatLut: Room = {
  layout: 'planes',
  isDecisive: true,
  // Tables pay if enough filters share one. Their order of sums is allowed if no sign depends on it.
  refusal: ({ graph, shapes, freeSums }, fused) => {
    if (fused.head === undefined || !freeSums.has(fused.head)) return 'a sign depends on the order of its sums';
    if (isPixel(shapes[fused.source]!)) return 'one pixel';
    const node = graph.nodes[fused.head] as ConvNode;
    const [filters, , , groupChannels] = graph.tensors[node.weights]!.shape;
    const isWide = groupChannels >= MIN_SIDE && filters / node.groups >= MIN_SIDE;
    return isWide ? undefined : 'too few channels or filters';
  },
  plan: (context, fused) => {
    const node = headOf(context.graph, fused) as ConvNode;
    const work = lutWork(context.graph, context.shapes, fused, context.choice.grids);
    const parameters = cheapestFloatTables(work);
    if (!parameters) {
      convPlanes.plan(context, fused);
      return;
    }
    const { channels, stripChunks, vectors } = parameters;
    const chunkLanes = vectors * FLOAT_VECTOR_LANES;
    const planes = copyFloatPhases(context, node, work.phases, work.pitch, context.shapes[fused.source]!.height);
    const values = planLutValues(context, context.graph.tensors[node.weights]!, work, parameters, planes, 4);
    const sums = context.scratch('sums', work.groupFilters * stripChunks * chunkLanes * 4);
    const { record: epilogue, replaces } = planPlaneEpilogue(context, fused);
    const record = { ...values, chunks: Math.ceil(values.lanes / chunkLanes), sums, epilogue };
    context.steps.push({
      kernel: 'convFloatLut',
      record,
      replaces,
      share: shareLutConv(record, context.threads, 4, FLOAT_VECTOR_LANES),
      nodes: nodesOf(fused),
      reason:
        `no sign follows: tables of ${channels} channels, ${values.blockTables} at a time, ` +
        `strips of ${stripChunks} x ${chunkLanes} lanes`,
    });
  },
};
