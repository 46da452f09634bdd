import { type BorderBiasNode, tensorValues } from '@signwave/format';
import type { PlanContext } from './context.js';
import { BLOCK, roundUp, VECTOR_LANES } from './filters.js';
import type { Pointer } from './regions.js';

/** What a `borderBias` node adds (SPEC 4.7). */
export interface BorderBias {
  /** Class of each row and column. */
  readonly rowClasses: Uint32Array;
  readonly columnClasses: Uint32Array;
  /** The value of a channel in a pair of classes. */
  valueAt(rowClass: number, columnClass: number, channel: number): number;
  /** The largest magnitude of all. */
  readonly largest: number;
}

export function borderBiasOf(context: PlanContext, index: number): BorderBias {
  const node = context.node(index) as BorderBiasNode;
  const { height, width, channels } = context.shapes[index]!;
  const tensor = context.graph.tensors[node.bias]!;
  const [, rows, columns] = tensor.shape;
  const values = tensorValues(tensor);
  return {
    rowClasses: Uint32Array.from({ length: height }, (_, i) => classAt(i, height, rows, node.topRows)),
    columnClasses: Uint32Array.from({ length: width }, (_, i) => classAt(i, width, columns, node.leftColumns)),
    valueAt: (rowClass, columnClass, channel) => values[(rowClass * columns + columnClass) * channels + channel]!,
    largest: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  };
}

/** SPEC 4.7: the class of position i. */
export function classAt(i: number, size: number, classes: number, before: number): number {
  if (i < before) return i;
  const after = classes - 1 - before;
  return i >= size - after ? classes - (size - i) : before;
}

/** What a `borderBias` node adds, as a float map of pixels. */
export function borderMap(context: PlanContext, index: number): Pointer {
  const { height, width, channels } = context.shapes[index]!;
  const padded = roundUp(channels, BLOCK);
  const { rowClasses, columnClasses, valueAt } = borderBiasOf(context, index);
  const map = new Float32Array(height * width * padded);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++)
        map[(y * width + x) * padded + c] = valueAt(rowClasses[y]!, columnClasses[x]!, c);
    }
  }
  return context.constant(map);
}

/** The same as planes, with the bytes from one to the next: a single plane, and 0, if it is the same for all channels. */
export function borderPlanes(context: PlanContext, index: number): { planes: Pointer; planeBytes: number } {
  const { height, width, channels } = context.shapes[index]!;
  const pitch = context.layouts.grids.pitchOf(index);
  const lanes = roundUp(height * pitch, VECTOR_LANES);
  const { rowClasses, columnClasses, valueAt } = borderBiasOf(context, index);
  const isSame = rowClasses.every((row) =>
    columnClasses.every((column) => {
      for (let c = 1; c < channels; c++) if (valueAt(row, column, c) !== valueAt(row, column, 0)) return false;
      return true;
    }),
  );
  const planes = new Float32Array((isSame ? 1 : channels) * lanes);
  for (let c = 0; c * lanes < planes.length; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) planes[c * lanes + y * pitch + x] = valueAt(rowClasses[y]!, columnClasses[x]!, c);
    }
  }
  return { planes: context.constant(planes), planeBytes: isSame ? 0 : lanes * 4 };
}
