import { type ConvNode, type Tensor, tensorValues } from '@signwave/format';
import type { PlanContext } from './context.js';
import { laneCount } from './conversions.js';
import { roundUp, VECTOR_LANES } from './filters.js';
import type { Group } from './fusion.js';
import { readsInPlace } from './grids.js';
import { type Phases, phasesOf } from './phases.js';
import { nodesOf } from './plan-conv.js';
import type { PhasePlanes } from './plan-lut.js';
import { copyFloatRows } from './plan-plane-maps.js';
import { planPlaneEpilogue } from './plane-epilogue.js';
import { pointer } from './regions.js';

/** Filters that plane-conv.ts takes at once. */
const FILTERS = 2;

/** The lanes of a strip under all taps should stay in the first-level cache. */
const STRIP_BYTES = 24_576;
const MAX_STRIP_LANES = 256;

/** A convolution of floats on planes (plane-conv.ts). */
export function planPlaneConv(context: PlanContext, group: Group, node: ConvNode): void {
  const weights = context.graph.tensors[node.weights]!;
  const [filters, height, width, groupChannels] = weights.shape;
  const { groups } = node;
  const phases = phasesOf({ height, width }, node);
  const output = context.shapes[group.source]!;
  const pitch = context.layouts.grids.pitchOf(group.source);
  const isInPlace = readsInPlace(context.graph, node);
  const input = isInPlace ? planesInPlace(context, node) : copyPhases(context, node, phases, pitch, output.height);
  const taps = phases.taps.flatMap(({ phase, row, column }) =>
    Array.from(
      { length: groupChannels },
      (_, i) => i * input.channelBytes + phase * input.phaseBytes + (row * pitch + column) * 4,
    ),
  );
  const lanes = laneCount({ shape: output, pitch });
  const stripBytes = groupChannels * phases.phases.length * (phases.reach.rows + 1) * 4;
  const stripLanes = Math.min(
    lanes,
    MAX_STRIP_LANES,
    Math.max(VECTOR_LANES * 2, Math.floor(STRIP_BYTES / stripBytes / VECTOR_LANES) * VECTOR_LANES),
  );
  const arranged = arrangePlaneFilters(weights, groups);
  const values = {
    input: input.origin,
    taps: context.constant(Uint32Array.from(taps)),
    tapCount: taps.length,
    groups,
    groupBytes: groupChannels * input.channelBytes,
    groupFilters: filters / groups,
    weights: context.constant(arranged),
    groupWeightBytes: arranged.byteLength / groups,
    lanes,
    stripLanes,
    sums: context.scratch('sums', FILTERS * stripLanes * 4),
  };
  context.steps.push({
    kernel: 'convPlanes',
    record: { name: 'PlaneConv', values },
    epilogue: planPlaneEpilogue(context, group, { mayReplace: !isInPlace }),
    nodes: nodesOf(group),
    reason: weights.dtype === 'bits' ? '1-bit weights on floats, lanes are pixels' : 'float weights, lanes are pixels',
  });
}

function planesInPlace(context: PlanContext, node: ConvNode): Omit<PhasePlanes, 'zerosOffsetBytes'> {
  const { region, planeBytes } = context.readFloatPlanes(node.inputs[0]!);
  return { origin: pointer(region), channelBytes: planeBytes, phaseBytes: 0 };
}

/** Planes for each phase with zeros for the pads. */
export function copyPhases(
  context: PlanContext,
  node: ConvNode,
  phases: Phases,
  pitch: number,
  height: number,
): PhasePlanes {
  const input = context.readFloatPlanes(node.inputs[0]!);
  const { channels } = input.shape;
  const rows = height + phases.reach.rows;
  const phaseBytes = roundUp(rows * pitch, VECTOR_LANES) * 4;
  const channelBytes = phases.phases.length * phaseBytes;
  const region = context.fixed((channels + 1) * channelBytes);
  const { stride, pads } = node;
  phases.phases.forEach((phase, n) => {
    const inRows = inside(phase.row, stride.height, pads.top, input.shape.height, rows);
    const inColumns = inside(phase.column, stride.width, pads.left, input.shape.width, pitch);
    if (inRows.count <= 0 || inColumns.count <= 0) return;
    copyFloatRows(
      context,
      {
        input: pointer(input.region, (inRows.from * input.pitch + inColumns.from) * 4),
        inputPlaneBytes: input.planeBytes,
        inputRowBytes: stride.height * input.pitch * 4,
        columnStep: stride.width,
        output: pointer(region, n * phaseBytes + (inRows.first * pitch + inColumns.first) * 4),
        outputPlaneBytes: channelBytes,
        outputRowBytes: pitch * 4,
        planes: channels,
        rows: inRows.count,
        columns: inColumns.count,
      },
      [],
      'zeros around the map and a plane per phase for the convolution that follows',
    );
  });
  return { origin: pointer(region), channelBytes, phaseBytes, zerosOffsetBytes: channels * channelBytes };
}

/** Which of `length` positions of a phase lie inside the operand: the first of them, how many, and where in the operand it is. */
function inside(phase: number, stride: number, before: number, size: number, length: number) {
  const first = Math.max(0, Math.ceil((before - phase) / stride));
  const end = Math.min(length, Math.ceil((size + before - phase) / stride));
  return { first, count: end - first, from: first * stride + phase - before };
}

/** (groups, filters / 2, taps, 2), zeros for filters that are missing. */
function arrangePlaneFilters(weights: Tensor, groups: number): Float32Array {
  const values = tensorValues(weights);
  const depth = weights.shape[1] * weights.shape[2] * weights.shape[3];
  const groupFilters = weights.shape[0] / groups;
  const blocks = Math.ceil(groupFilters / FILTERS);
  const arranged = new Float32Array(groups * blocks * depth * FILTERS);
  for (let group = 0; group < groups; group++) {
    for (let f = 0; f < groupFilters; f++) {
      const block = (group * blocks + Math.floor(f / FILTERS)) * depth * FILTERS;
      const from = (group * groupFilters + f) * depth;
      for (let k = 0; k < depth; k++) arranged[block + k * FILTERS + (f % FILTERS)] = values[from + k]!;
    }
  }
  return arranged;
}

/** Affine, add, clip and sign of float planes in one pass. */
export function planElementwisePlanes(context: PlanContext, group: Group): void {
  const input = context.readFloatPlanes(group.source);
  context.steps.push({
    kernel: 'elementwisePlanes',
    record: {
      name: 'PlaneElementwise',
      values: {
        input: pointer(input.region),
        inputPlaneBytes: input.planeBytes,
        channels: input.shape.channels,
        lanes: laneCount(input),
      },
    },
    epilogue: planPlaneEpilogue(context, group, { mayReplace: false }),
    nodes: nodesOf(group),
    reason: 'affine, add, clip and sign in one pass',
  });
}
