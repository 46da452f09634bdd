import type { ConvNode, Tensor } from '@signwave/format';
import type { PlanContext } from './context.js';
import { channelMoves, partOf } from './divide.js';
import { VECTOR_LANES } from './filters.js';
import type { Group } from './fusion.js';
import { readsInPlace } from './grids.js';
import { type LutParameters, type LutWork, lutWork, shareLutWork } from './lut-parameters.js';
import { type PhasePlanes, planLutValues } from './lut-values.js';
import type { SignPlanes, StepPart } from './plan.js';
import { nodesOf } from './plan-conv.js';
import { planElementwisePlanes } from './plan-plane-conv.js';
import { planPlaneEpilogue } from './plane-epilogue.js';
import { pointer } from './regions.js';

/** A binary convolution by look-up tables (lut-conv.ts); what is added to its sums comes before the rest, which then is a step of its own. */
export function planLutConv(context: PlanContext, group: Group, node: ConvNode, whole: LutParameters): void {
  const { head, sumBias, source, ...rest } = group;
  if (sumBias === undefined) {
    planLutSums(context, group, node, whole);
    return;
  }
  planLutSums(context, { head: head!, source, border: sumBias, result: sumBias, keepsFloats: true }, node, whole);
  const isWhole = group.result === sumBias;
  if (isWhole && group.sign === undefined) return;
  planElementwisePlanes(context, { ...rest, source: sumBias, keepsFloats: group.keepsFloats && !isWhole });
}

function planLutSums(context: PlanContext, group: Group, node: ConvNode, whole: LutParameters): void {
  const work = lutWork(context.graph, context.shapes, group, context.layouts.grids);
  const signs = context.signPlanes.get(node.inputs[0]!)!;
  const planes = readsInPlace(context.graph, node)
    ? planesInPlace(signs, node)
    : copyPhases(context, signs, node, work);
  const { parameters, partFilters } = shareLutWork(work, whole, context.threads, context.estimate);
  const weights = context.graph.tensors[node.weights]!;
  const maxSum = work.phases.taps.length * work.groupChannels;
  const epilogue = planPlaneEpilogue(context, group, { maxSum, mayReplace: true });
  const parts = Array.from({ length: Math.ceil(work.groupFilters / partFilters) }, (_, i): StepPart => {
    const first = i * partFilters;
    const filters = Math.min(partFilters, work.groupFilters - first);
    const values = lutConvValues(
      context,
      filters === work.groupFilters ? weights : someFilters(weights, first, filters),
      { ...work, groupFilters: filters },
      parameters,
      planes,
    );
    return {
      record: { name: 'LutConv', values },
      epilogue: partOf(epilogue, first, channelMoves(epilogue.values, 1), {}),
    };
  });
  const { channels, vectors, stripChunks, blockGroups } = parameters;
  context.steps.push({
    kernel: 'convLut',
    ...parts[0]!,
    ...(parts.length > 1 && { parts }),
    // A thread that works alone isn't slowed down by how several would share the work.
    ...(parameters !== whole && {
      whole: [{ record: { name: 'LutConv', values: lutConvValues(context, weights, work, whole, planes) }, epilogue }],
    }),
    nodes: nodesOf(group),
    reason:
      `1-bit weights on signs: tables of ${channels} channels, ${blockGroups * work.phases.phases.length} at a time, ` +
      `strips of ${stripChunks} x ${vectors * VECTOR_LANES} lanes${epilogue.values.sumThresholds ? ', sign as an integer threshold' : ''}`,
  });
}

function lutConvValues(
  context: PlanContext,
  weights: Tensor,
  work: LutWork,
  parameters: LutParameters,
  planes: PhasePlanes,
) {
  const { vectors, stripChunks } = parameters;
  const shared = planLutValues(context, weights, work, parameters, planes, 1);
  const sums = work.groupFilters * stripChunks * vectors * VECTOR_LANES;
  return {
    ...shared,
    chunks: Math.ceil(work.lanes / (vectors * VECTOR_LANES)),
    sums: context.scratch('sums', sums),
    wideSums: context.scratch('wide sums', shared.blocks > 1 ? sums * 2 : 0),
  };
}

/** Bits (O, kh, kw, I) of some filters, which begin at a whole byte: `first` is a multiple of 8. */
function someFilters({ dtype, shape, data }: Tensor, first: number, filters: number): Tensor {
  const [, height, width, channels] = shape;
  const filterBytes = (height * width * channels) / 8;
  return {
    dtype,
    shape: [filters, height, width, channels],
    data: data.subarray(first * filterBytes, Math.ceil((first + filters) * filterBytes)),
  };
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
