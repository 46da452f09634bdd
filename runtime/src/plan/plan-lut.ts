import type { ConvNode } from '@signwave/format';
import type { PlanContext } from './context.js';
import { VECTOR_LANES } from './filters.js';
import type { Group } from './fusion.js';
import { readsInPlace } from './grids.js';
import { type LutParameters, type LutWork, lutWork } from './lut-parameters.js';
import { type PhasePlanes, planLutValues } from './lut-values.js';
import type { SignPlanes } from './plan.js';
import { nodesOf } from './plan-conv.js';
import { planPlaneEpilogue } from './plane-epilogue.js';
import { pointer } from './regions.js';

/** A binary convolution by look-up tables (lut-conv.ts). */
export function planLutConv(context: PlanContext, group: Group, node: ConvNode, parameters: LutParameters): void {
  const work = lutWork(context.graph, context.shapes, group, context.layouts.grids);
  const signs = context.signPlanes.get(node.inputs[0]!)!;
  const planes = readsInPlace(context.graph, node)
    ? planesInPlace(signs, node)
    : copyPhases(context, signs, node, work);
  const { channels, vectors, stripChunks } = parameters;
  const shared = planLutValues(context, node, work, parameters, planes, 1);
  const sums = work.groupFilters * stripChunks * vectors * VECTOR_LANES;
  const values = {
    ...shared,
    chunks: Math.ceil(work.lanes / (vectors * VECTOR_LANES)),
    sums: context.scratch('sums', sums),
    wideSums: context.scratch('wide sums', shared.blocks > 1 ? sums * 2 : 0),
  };
  const maxSum = work.phases.taps.length * work.groupChannels;
  const epilogue = planPlaneEpilogue(context, group, { maxSum, mayReplace: true });
  context.steps.push({
    kernel: 'convLut',
    record: { name: 'LutConv', values },
    epilogue,
    nodes: nodesOf(group),
    reason:
      `1-bit weights on signs: tables of ${channels} channels, ${shared.blockTables} at a time, ` +
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
