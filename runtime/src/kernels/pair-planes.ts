import type { ConvNode, Tensor } from '@signwave/format';
import type { PlanContext } from '../plan/plan-context.js';
import { behind, pointer } from '../plan/region.js';
import { roundUp, VECTOR_LANES } from './filters.js';
import { rowPairs } from './integer-pairs.js';
import { inside, type TapPlanes } from './phase-planes.js';
import { phasesOf } from './phases.js';

/** Plans the operand as pairs of i16, one for each output column's first tap and its neighbour, with a plane for each phase of the rows. */
export function planPairPlanes(
  context: PlanContext,
  node: ConvNode,
  weights: Tensor,
  pitch: number,
  height: number,
): TapPlanes {
  const [, kernelHeight, kernelWidth, channels] = weights.shape;
  const input = context.floatPlanesOf(node.inputs[0]!);
  const { stride, pads } = node;
  const { phases, taps, reach } = phasesOf({ height: kernelHeight, width: 1 }, node);
  const rows = height + reach.rows;
  const planes = input.shape.channels;
  // A row is written up to the next whole vector, and read up to a vector further.
  const phaseBytes = roundUp(rows * pitch, VECTOR_LANES) * 4 + VECTOR_LANES;
  const channelBytes = phases.length * phaseBytes;
  const region = context.fixed(planes * channelBytes);
  const rowFloats = Math.max(roundUp(pitch, 4) * stride.width, pads.left + input.shape.width) + VECTOR_LANES;
  const row = context.fixed(rowFloats * 4);
  phases.forEach((phase, n) => {
    const inRows = inside(phase.row, stride.height, pads.top, input.shape.height, rows);
    if (inRows.count <= 0) return;
    const record = {
      input: behind(input.origin, inRows.from * input.rowBytes),
      inputPlaneBytes: input.planeBytes,
      inputRowBytes: stride.height * input.rowBytes,
      width: input.shape.width,
      padLeft: pads.left,
      stride: stride.width,
      row: pointer(row),
      output: pointer(region, n * phaseBytes + inRows.first * pitch * 4),
      outputPlaneBytes: channelBytes,
      outputRowBytes: pitch * 4,
      planes,
      rows: inRows.count,
      columns: pitch,
    };
    context.steps.push({
      kernel: 'pairPlanes',
      record,
      share: {
        // Rows can't be shared: each is written up to the next whole vector, over the start of the row below, which is written next.
        by: 'planes',
        units: planes,
        unitBytes: { input: input.planeBytes, output: channelBytes },
        elements: planes * inRows.count * pitch,
        own: [row],
      },
      nodes: [],
      reason: 'neighbouring columns as pairs',
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
