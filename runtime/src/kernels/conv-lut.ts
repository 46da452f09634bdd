import { type ConvNode, isBinary, type Tensor, tensorElements, tensorValues } from '@signwave/format';
import { nodesOf } from '../plan/fuse.js';
import { readsInPlace } from '../plan/grids.js';
import type { SignPlanes } from '../plan/maps.js';
import type { PlanContext } from '../plan/plan-context.js';
import { behind } from '../plan/region.js';
import { VECTOR_LANES } from './filters.js';
import type { LutConvRecord, PlaneEpilogueRecord } from './generated/records.js';
import { type LutParameters, type LutWork, lutWork, shareLutWork } from './lut-parameters.js';
import { planLutValues, shareLutConv } from './lut-values.js';
import { copySignPhases, type PhasePlanes } from './phase-planes.js';
import { epilogueAtChannel, planPlaneEpilogue } from './plane-epilogue.js';
import { headOf, isPixel, type Room } from './room.js';

/** Limit of the number of taps, with which halved sums fit i16. */
const MAX_TAPS = 65_534;

/** Executes a binary convolution by look-up tables: runtime/assembly/lut-conv.ts. */
export const convLut: Room = {
  layout: 'planes',
  isDecisive: true,
  // Tables need an even number of channels, sums that fit i16, scales that can be doubled, and more than one lane.
  refusal: ({ graph, shapes }, fused) => {
    const node = headOf(graph, fused);
    if (node?.op !== 'conv') return 'one pixel';
    if (!isBinary(graph, node)) return 'operands are floats';
    const { shape } = graph.tensors[node.weights]!;
    const taps = tensorElements(shape) / shape[0];
    if (isPixel(shapes[fused.source]!)) return 'one pixel';
    if (shape[3] % 2 !== 0) return `an odd number of channels (${shape[3]}) has no halved sums`;
    if (taps > MAX_TAPS) return `sums of ${taps} taps do not fit 16 bits`;
    const affine = fused.affine === undefined ? undefined : graph.nodes[fused.affine];
    if (affine?.op !== 'affine') return undefined;
    const values = tensorValues(graph.tensors[affine.coefficients]!);
    const canDouble = values.subarray(0, values.length / 2).every((scale) => Number.isFinite(Math.fround(2 * scale)));
    return canDouble ? undefined : 'a scale is too large to be doubled';
  },
  plan: (context, fused) => {
    // The tables for a thread that works alone.
    const whole = context.choice.luts.get(fused)!;
    const node = headOf(context.graph, fused) as ConvNode;
    const work = lutWork(context.graph, context.shapes, fused, context.choice.grids);
    const signs = context.signPlanesOf(node.inputs[0]!);
    const planes = readsInPlace(context.graph, node)
      ? planesInPlace(signs, node)
      : copySignPhases(context, signs, node, work);
    const { parameters, partFilters } = shareLutWork(work, whole, context.threads, context.estimate);
    const weights = context.graph.tensors[node.weights]!;
    const maxSum = work.phases.taps.length * work.groupChannels;
    const { record: epilogue, replaces } = planPlaneEpilogue(context, fused, maxSum);
    const parts = Array.from({ length: Math.ceil(work.groupFilters / partFilters) }, (_, i): LutConvRecord => {
      const first = i * partFilters;
      const groupFilters = Math.min(partFilters, work.groupFilters - first);
      const own = groupFilters === work.groupFilters ? weights : someFilters(weights, first, groupFilters);
      return lutRecord(context, own, { ...work, groupFilters }, parameters, planes, epilogueAtChannel(epilogue, first));
    });
    const record = parts[0]!;
    const { channels, vectors, stripChunks, blockSlices } = parameters;
    context.steps.push({
      kernel: 'convLut',
      record,
      replaces,
      parts: parts.length > 1 ? parts : undefined,
      share: shareLutConv(record, context.threads, 1, VECTOR_LANES),
      // A thread that works alone uses the tables that are best for one thread.
      whole: parameters === whole ? undefined : lutRecord(context, weights, work, whole, planes, epilogue),
      nodes: nodesOf(fused),
      reason:
        `tables of ${channels} channels, ${blockSlices * work.phases.phases.length} at a time, ` +
        `strips of ${stripChunks} x ${vectors * VECTOR_LANES} lanes${epilogue.sumThresholds ? ', integer thresholds' : ''}`,
    });
  },
};

function lutRecord(
  context: PlanContext,
  weights: Tensor,
  work: LutWork,
  parameters: LutParameters,
  planes: PhasePlanes,
  epilogue: PlaneEpilogueRecord,
): LutConvRecord {
  const { vectors, stripChunks } = parameters;
  const values = planLutValues(context, weights, work, parameters, planes, 1);
  const sums = work.groupFilters * stripChunks * vectors * VECTOR_LANES;
  return {
    ...values,
    chunks: Math.ceil(work.lanes / (vectors * VECTOR_LANES)),
    sums: context.scratch('sums', sums),
    wideSums: context.scratch('wide sums', values.blocks > 1 ? sums * 2 : 0),
    epilogue,
  };
}

/** Cuts out the bits (O, kh, kw, I) of some filters. They begin at a whole byte, because `first` is a multiple of 8. */
function someFilters({ dtype, shape, data }: Tensor, first: number, filters: number): Tensor {
  const [, height, width, channels] = shape;
  const filterBytes = (height * width * channels) / 8;
  return {
    dtype,
    shape: [filters, height, width, channels],
    data: data.subarray(first * filterBytes, Math.ceil((first + filters) * filterBytes)),
  };
}

/** With a stride of 1 there is one phase: the planes of the sign themselves. */
function planesInPlace({ origin, pitch, planeBytes, shape }: SignPlanes, { pads }: ConvNode): PhasePlanes {
  return {
    origin: behind(origin, -pads.top * pitch - pads.left),
    channelBytes: planeBytes,
    phaseBytes: 0,
    zerosOffsetBytes: shape.channels * planeBytes,
  };
}
