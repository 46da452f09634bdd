import { type ConvNode, isIntegerConv, type Tensor } from '@signwave/format';
import type { PlanContext } from './context.js';
import { laneCount } from './conversions.js';
import { roundUp, VECTOR_LANES } from './filters.js';
import { type FloatFilters, planFloatFilters } from './float-filters.js';
import type { Group } from './fusion.js';
import { readsInPlace } from './grids.js';
import { arrangePairs, rowPairs } from './integer-pairs.js';
import type { PhasePlanes } from './lut-values.js';
import { type Phases, phasesOf } from './phases.js';
import { nodesOf } from './plan-conv.js';
import { copyFloatRows } from './plan-plane-maps.js';
import { planPlaneEpilogue } from './plane-epilogue.js';
import { type Pointer, pointer } from './regions.js';

/** Filters that plane-conv.ts takes at once. */
const FILTERS = 2;

/** The lanes of a strip under all taps should stay in the first-level cache. */
const STRIP_BYTES = 16_384;
const MAX_STRIP_LANES = 256;
/** Shorter rows are not worth a strip each. */
const MIN_ROW_LANES = 64;

/** What plane-conv.ts needs to know of an operand: where its planes and the taps in them lie. */
interface TapPlanes {
  readonly origin: Pointer;
  readonly channelBytes: number;
  /** Bytes from lane 0, in the order of the sum. */
  readonly taps: readonly number[];
  /** Rows of planes that a strip touches. */
  readonly touchedRows: number;
}

/** A convolution of floats on planes (plane-conv.ts), or of integers in pairs. */
export function planPlaneConv(context: PlanContext, group: Group, node: ConvNode): void {
  const weights = context.graph.tensors[node.weights]!;
  const isInteger = isIntegerConv(context.graph, node);
  const isInPlace = !isInteger && readsInPlace(context.graph, node);
  const output = context.shapes[group.source]!;
  const pitch = context.layouts.grids.pitchOf(group.source);
  const input = isInteger
    ? pairTaps(context, node, weights, pitch, output.height)
    : floatTaps(context, node, weights, pitch, output.height);
  const lanes = laneCount({ shape: output, pitch });
  // Signs need all lanes of a plane, for those beside the map are pads.
  const strip =
    group.sign === undefined && isRowOfStrip(output.width)
      ? { stripLanes: output.width, stripStep: pitch }
      : stripOf(lanes, input.touchedRows);
  const values = {
    input: input.origin,
    taps: context.constant(Uint32Array.from(input.taps)),
    tapCount: input.taps.length,
    groups: node.groups,
    groupBytes: weights.shape[3] * input.channelBytes,
    groupFilters: weights.shape[0] / node.groups,
    ...(isInteger
      ? planPairs(context, weights, node.groups)
      : planFloatFilters(context, weights, node.groups, FILTERS)),
    lanes,
    ...strip,
    sums: context.scratch('sums', FILTERS * strip.stripLanes * 4),
  };
  const bits = weights.dtype === 'bits' ? '1-bit weights on floats' : 'float weights';
  context.steps.push({
    kernel: isInteger ? 'convPairs' : 'convPlanes',
    record: { name: 'PlaneConv', values },
    epilogue: planPlaneEpilogue(context, group, { mayReplace: !isInPlace }),
    nodes: nodesOf(group),
    reason: `${isInteger ? `${weights.dtype} weights on bytes, two taps at a time` : bits}, lanes are pixels`,
  });
}

/** Whether a strip may be a row of this width: then none is spent on the lanes between two rows. */
function isRowOfStrip(width: number): boolean {
  return width % VECTOR_LANES === 0 && width >= MIN_ROW_LANES && width <= MAX_STRIP_LANES;
}

function stripOf(lanes: number, touchedRows: number): { stripLanes: number; stripStep: number } {
  const inCache = Math.floor(STRIP_BYTES / (touchedRows * 4) / VECTOR_LANES) * VECTOR_LANES;
  const stripLanes = Math.min(lanes, MAX_STRIP_LANES, Math.max(VECTOR_LANES * 2, inCache));
  return { stripLanes, stripStep: stripLanes };
}

function planPairs(context: PlanContext, weights: Tensor, groups: number): FloatFilters {
  const arranged = arrangePairs(weights, groups);
  return { weights: context.constant(arranged), groupWeightBytes: arranged.byteLength / groups };
}

function floatTaps(context: PlanContext, node: ConvNode, weights: Tensor, pitch: number, height: number): TapPlanes {
  const [, kernelHeight, kernelWidth, channels] = weights.shape;
  const phases = phasesOf({ height: kernelHeight, width: kernelWidth }, node);
  const { origin, channelBytes, phaseBytes } = readsInPlace(context.graph, node)
    ? planesInPlace(context, node)
    : copyPhases(context, node, phases, pitch, height);
  const taps = phases.taps.flatMap(({ phase, row, column }) =>
    Array.from({ length: channels }, (_, i) => i * channelBytes + phase * phaseBytes + (row * pitch + column) * 4),
  );
  return { origin, channelBytes, taps, touchedRows: channels * phases.phases.length * (phases.reach.rows + 1) };
}

/** Pairs of i16 for the columns that each output pixel begins at, a plane for each phase of the rows. */
function pairTaps(context: PlanContext, node: ConvNode, weights: Tensor, pitch: number, height: number): TapPlanes {
  const [, kernelHeight, kernelWidth, channels] = weights.shape;
  const input = context.readFloatPlanes(node.inputs[0]!);
  const { stride, pads } = node;
  const { phases, taps, reach } = phasesOf({ height: kernelHeight, width: 1 }, node);
  const rows = height + reach.rows;
  const planes = input.shape.channels;
  // A row is written up to the next whole vector, and read as much further as a row of the operand may be short.
  const phaseBytes = roundUp(rows * pitch, VECTOR_LANES) * 4 + VECTOR_LANES;
  const channelBytes = phases.length * phaseBytes;
  const region = context.fixed(planes * channelBytes);
  const rowFloats = Math.max(roundUp(pitch, 4) * stride.width, pads.left + input.shape.width) + VECTOR_LANES;
  const row = pointer(context.fixed(rowFloats * 4));
  phases.forEach((phase, n) => {
    const inRows = inside(phase.row, stride.height, pads.top, input.shape.height, rows);
    if (inRows.count <= 0) return;
    context.steps.push({
      kernel: 'pairPlanes',
      record: {
        name: 'PairPlanes',
        values: {
          input: pointer(input.region, inRows.from * input.pitch * 4),
          inputPlaneBytes: input.planeBytes,
          inputRowBytes: stride.height * input.pitch * 4,
          width: input.shape.width,
          padLeft: pads.left,
          stride: stride.width,
          row,
          output: pointer(region, n * phaseBytes + inRows.first * pitch * 4),
          outputPlaneBytes: channelBytes,
          outputRowBytes: pitch * 4,
          planes,
          rows: inRows.count,
          columns: pitch,
        },
      },
      nodes: [],
      reason: 'neighbouring columns side by side, with zeros for the pads',
    });
  });
  const pairs = rowPairs(kernelWidth);
  const offsets = taps.flatMap((tap) =>
    Array.from({ length: pairs * channels }, (_, n) => {
      const column = (Math.floor(n / channels) * 2) / stride.width;
      return (n % channels) * channelBytes + tap.phase * phaseBytes + (tap.row * pitch + column) * 4;
    }),
  );
  return {
    origin: pointer(region),
    channelBytes,
    taps: offsets,
    touchedRows: channels * phases.length * (reach.rows + 1),
  };
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
