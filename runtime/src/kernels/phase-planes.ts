import type { ConvNode } from '@signwave/format';
import type { SignPlanes } from '../plan/maps.js';
import type { PlanContext } from '../plan/plan-context.js';
import { behind, type Pointer, pointer } from '../plan/region.js';
import { planCopyPlanes } from './copy-planes.js';
import { roundUp, VECTOR_LANES } from './filters.js';
import type { LutWork } from './lut-parameters.js';
import type { Phases } from './phases.js';

/** The operand of a convolution on planes, with one plane for each channel and phase. */
export interface PhasePlanes {
  /** The first tap of lane 0, in the first phase of the first channel. */
  readonly origin: Pointer;
  /** Distance from one channel to the next. */
  readonly channelBytes: number;
  /** Distance from one phase to the next. */
  readonly phaseBytes: number;
  /** Distance from `origin` to a plane of zeros. */
  readonly zerosOffsetBytes: number;
}

/** Where an operand's planes, and the taps in them, lie for plane-conv.ts. */
export interface TapPlanes {
  readonly origin: Pointer;
  readonly channelBytes: number;
  /** Distances of the taps from lane 0 in bytes, in the order of the sum. */
  readonly taps: readonly number[];
  /** Number of rows of planes that a strip reads. */
  readonly touchedRows: number;
}

/** Plans steps that copy the phases of a sign's planes, including pads, to planes of their own. */
export function copySignPhases(
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
  phases.phases.forEach(({ row, column }, phase) => {
    planCopyPlanes(
      context,
      'copySignPlanes',
      {
        input: behind(signs.origin, (row - pads.top) * signs.pitch + column - pads.left),
        inputPlaneBytes: signs.planeBytes,
        inputRowBytes: stride.height * signs.pitch,
        columnStep: stride.width,
        output: pointer(region, phase * phaseBytes),
        outputPlaneBytes: channelBytes,
        outputRowBytes: pitch,
        planes: channels,
        // No tap lies in a row behind the bottom pads.
        rows: Math.min(rows, Math.ceil((pads.top + height + pads.bottom - row) / stride.height)),
        columns: pitch,
      },
      [],
      'every other row and column, for a stride',
    );
  });
  return { origin: pointer(region), channelBytes, phaseBytes, zerosOffsetBytes: channels * channelBytes };
}

/** Plans steps that copy the phases of planes of floats to planes of their own, with zeros for the pads. */
export function copyFloatPhases(
  context: PlanContext,
  node: ConvNode,
  phases: Phases,
  pitch: number,
  height: number,
): PhasePlanes {
  const input = context.floatPlanesOf(node.inputs[0]!);
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
    planCopyPlanes(
      context,
      'copyFloatPlanes',
      {
        input: behind(input.origin, (inRows.from * input.pitch + inColumns.from) * 4),
        inputPlaneBytes: input.planeBytes,
        inputRowBytes: stride.height * input.rowBytes,
        columnStep: stride.width,
        output: pointer(region, n * phaseBytes + (inRows.first * pitch + inColumns.first) * 4),
        outputPlaneBytes: channelBytes,
        outputRowBytes: pitch * 4,
        planes: channels,
        rows: inRows.count,
        columns: inColumns.count,
      },
      [],
      'zeros around the map and a plane per phase',
    );
  });
  return { origin: pointer(region), channelBytes, phaseBytes, zerosOffsetBytes: channels * channelBytes };
}

/** Finds which of `length` positions of a phase lie inside the operand: the first one, their count, and the first one's position there. */
export function inside(phase: number, stride: number, before: number, size: number, length: number) {
  const first = Math.max(0, Math.ceil((before - phase) / stride));
  const end = Math.min(length, Math.ceil((size + before - phase) / stride));
  return { first, count: end - first, from: first * stride + phase - before };
}
