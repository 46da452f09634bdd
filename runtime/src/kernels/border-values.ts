import { type BorderBiasNode, classesOfPositions, tensorValues } from '@signwave/format';
import type { PlanContext } from '../plan/plan-context.js';
import type { Pointer } from '../plan/region.js';
import { BLOCK, roundUp, VECTOR_LANES } from './filters.js';

/** The values that a `borderBias` node adds (SPEC 4.7). */
export interface BorderBias {
  /** The class of each row and of each column. */
  readonly rows: Uint32Array;
  readonly columns: Uint32Array;
  /** Gives the value of a channel for the class of a row and that of a column. */
  valueAt(row: number, column: number, channel: number): number;
  /** The largest magnitude of all values. */
  readonly largest: number;
}

export function borderBiasOf(context: PlanContext, index: number): BorderBias {
  const node = context.node(index) as BorderBiasNode;
  const shape = context.shapes[index]!;
  const tensor = context.graph.tensors[node.bias]!;
  const values = tensorValues(tensor);
  return {
    ...classesOfPositions(node, tensor.shape, shape),
    valueAt: (row, column, channel) => values[(row * tensor.shape[2] + column) * shape.channels + channel]!,
    largest: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  };
}

/** Writes the values that a `borderBias` node adds as a float map of pixels. */
export function borderMap(context: PlanContext, index: number): Pointer {
  const { height, width, channels } = context.shapes[index]!;
  const padded = roundUp(channels, BLOCK);
  const { rows, columns, valueAt } = borderBiasOf(context, index);
  const map = new Float32Array(height * width * padded);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) map[(y * width + x) * padded + c] = valueAt(rows[y]!, columns[x]!, c);
    }
  }
  return context.constant(map);
}

/** Writes the same values as planes, and gives the distance between planes. If all channels are equal, it is 0 and there is one plane. */
export function borderPlanes(context: PlanContext, index: number): { planes: Pointer; planeBytes: number } {
  const { height, width, channels } = context.shapes[index]!;
  const pitch = context.choice.grids.pitchOf(index);
  const lanes = roundUp(height * pitch, VECTOR_LANES);
  const { rows, columns, valueAt } = borderBiasOf(context, index);
  const isSame = rows.every((row) =>
    columns.every((column) => {
      for (let c = 1; c < channels; c++) if (valueAt(row, column, c) !== valueAt(row, column, 0)) return false;
      return true;
    }),
  );
  const planes = new Float32Array((isSame ? 1 : channels) * lanes);
  for (let c = 0; c * lanes < planes.length; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) planes[c * lanes + y * pitch + x] = valueAt(rows[y]!, columns[x]!, c);
    }
  }
  return { planes: context.constant(planes), planeBytes: isSame ? 0 : lanes * 4 };
}
