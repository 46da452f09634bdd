import { type ConvNode, isBinary, isIntegerConv, type Tensor } from '@signwave/format';
import { nodesOf } from '../plan/fuse.js';
import { readsInPlace } from '../plan/grids.js';
import type { PlanContext } from '../plan/plan-context.js';
import { SHARED_LANES, VECTOR_LANES } from './filters.js';
import { planFloatFilters } from './float-filters.js';
import { canUsePairs, planPairFilters } from './integer-pairs.js';
import { planPairPlanes } from './pair-planes.js';
import { copyFloatPhases, type PhasePlanes, type TapPlanes } from './phase-planes.js';
import { phasesOf } from './phases.js';
import { epilogueAtLane, planPlaneEpilogue } from './plane-epilogue.js';
import { laneCount } from './relayout.js';
import { headOf, isPixel, type Room } from './room.js';

/** Number of filters that plane-conv.ts takes at once. */
const FILTERS = 2;

/** The lanes of a strip under all taps should stay in the L1 cache. */
const STRIP_BYTES = 16_384;
const MAX_STRIP_LANES = 256;
/** Shorter rows aren't worth a strip of their own. */
const MIN_ROW_LANES = 64;

/** Executes a convolution on planes (runtime/assembly/plane-conv.ts): of floats, or of whole numbers in pairs of taps. */
export const convPlanes: Room = {
  layout: 'planes',
  refusal: ({ graph, shapes }, fused) => {
    const node = headOf(graph, fused) as ConvNode;
    if (isPixel(shapes[node.inputs[0]!]!) || isPixel(shapes[fused.source]!)) return 'one pixel';
    if (isBinary(graph, node)) return 'operands are signs';
    return isIntegerConv(graph, node) && !canUsePairs(graph, node) ? 'sums of pairs would overflow' : undefined;
  },
  plan: (context, fused) => {
    const node = headOf(context.graph, fused) as ConvNode;
    const { groups } = node;
    const weights = context.graph.tensors[node.weights]!;
    const isInteger = isIntegerConv(context.graph, node);
    const output = context.shapes[fused.source]!;
    const pitch = context.choice.grids.pitchOf(fused.source);
    const input = isInteger
      ? planPairPlanes(context, node, weights, pitch, output.height)
      : floatTaps(context, node, weights, pitch, output.height);
    // If the group ends in a sign, all lanes of a plane must be computed, because those beside the map are pads.
    const strips =
      fused.sign === undefined && isRowOfStrip(output.width)
        ? { lanes: output.height * pitch, stripLanes: output.width, stripStep: pitch }
        : stripsOf(laneCount({ shape: output, pitch }), input.touchedRows);
    const fields = {
      input: input.origin,
      taps: context.constant(Uint32Array.from(input.taps)),
      tapCount: input.taps.length,
      groups,
      groupBytes: weights.shape[3] * input.channelBytes,
      groupFilters: weights.shape[0] / groups,
      ...(isInteger ? planPairFilters(context, weights, groups) : planFloatFilters(context, weights, groups, FILTERS)),
      ...strips,
      sums: context.scratch('sums', FILTERS * strips.stripLanes * 4),
    };
    const { record: epilogue, replaces } = planPlaneEpilogue(context, fused);
    const record = { ...fields, epilogue };
    const bits = weights.dtype === 'bits' ? '1-bit weights on floats' : 'float weights';
    // If taps are read from the operand's own planes, a lane's result must not overwrite the addend, which may be these planes.
    const mayReplace = isInteger || !readsInPlace(context.graph, node);
    context.steps.push({
      kernel: isInteger ? 'convPairs' : 'convPlanes',
      record,
      replaces: mayReplace ? replaces : undefined,
      share: {
        by: 'lanes',
        units: strips.lanes,
        // A strip that is a row isn't divided.
        multiple: strips.stripStep > strips.stripLanes ? strips.stripStep : SHARED_LANES,
        unitBytes: { input: 4 },
        change: (first) => ({ epilogue: epilogueAtLane(epilogue, first) }),
      },
      nodes: nodesOf(fused),
      reason: `${isInteger ? `${weights.dtype} weights on bytes, two taps at a time` : bits}, lanes are pixels`,
    });
  },
};

/** Whether a strip may be a row of this width, so that no work is spent on the lanes between rows. */
function isRowOfStrip(width: number): boolean {
  return width % VECTOR_LANES === 0 && width >= MIN_ROW_LANES && width <= MAX_STRIP_LANES;
}

function stripsOf(lanes: number, touchedRows: number): { lanes: number; stripLanes: number; stripStep: number } {
  const inCache = Math.floor(STRIP_BYTES / (touchedRows * 4) / VECTOR_LANES) * VECTOR_LANES;
  const stripLanes = Math.min(lanes, MAX_STRIP_LANES, Math.max(VECTOR_LANES * 2, inCache));
  return { lanes, stripLanes, stripStep: stripLanes };
}

function floatTaps(context: PlanContext, node: ConvNode, weights: Tensor, pitch: number, height: number): TapPlanes {
  const [, kernelHeight, kernelWidth, channels] = weights.shape;
  const phases = phasesOf({ height: kernelHeight, width: kernelWidth }, node);
  const { origin, channelBytes, phaseBytes } = readsInPlace(context.graph, node)
    ? planesInPlace(context, node)
    : copyFloatPhases(context, node, phases, pitch, height);
  const taps = phases.taps.flatMap(({ phase, row, column }) =>
    Array.from({ length: channels }, (_, i) => i * channelBytes + phase * phaseBytes + (row * pitch + column) * 4),
  );
  return { origin, channelBytes, taps, touchedRows: channels * phases.phases.length * (phases.reach.rows + 1) };
}

function planesInPlace(context: PlanContext, node: ConvNode): Omit<PhasePlanes, 'zerosOffsetBytes'> {
  const { origin, planeBytes } = context.floatPlanesOf(node.inputs[0]!);
  return { origin, channelBytes: planeBytes, phaseBytes: 0 };
}
