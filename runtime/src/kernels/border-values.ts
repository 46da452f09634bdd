import { type BorderBiasNode, classesOfPositions, tensorValues } from '@signwave/format';
import type { FusedGroup } from '../plan/fuse.js';
import type { PlanContext } from '../plan/plan-context.js';
import type { Pointer } from '../plan/region.js';
import { BLOCK, roundUp, VECTOR_LANES } from './filters.js';

/** The values that a `borderBias` node adds (SPEC 4.7). */
export interface BorderBias {
  /** The class of each row and of each column. */
  readonly rows: Uint32Array;
  readonly columns: Uint32Array;
  valueAt(row: number, column: number, channel: number): number;
  /** The largest magnitude of all values. */
  readonly largest: number;
}

/** @param index the node; undefined adds nothing. */
export function borderBiasOf(context: PlanContext, index: number | undefined): BorderBias | undefined {
  if (index === undefined) return undefined;
  const node = context.node(index) as BorderBiasNode;
  const shape = context.shapes[index]!;
  const tensor = context.graph.tensors[node.bias]!;
  const values = tensorValues(tensor);
  const { rows, columns } = classesOfPositions(node, tensor.shape, shape);
  return {
    rows,
    columns,
    valueAt: (row, column, channel) =>
      values[(rows[row]! * tensor.shape[2] + columns[column]!) * shape.channels + channel]!,
    largest: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  };
}

/** Writes the values that a `borderBias` node adds as a float map of pixels. */
export function borderMap(context: PlanContext, index: number): Pointer {
  const { height, width, channels } = context.shapes[index]!;
  const padded = roundUp(channels, BLOCK);
  const { valueAt } = borderBiasOf(context, index)!;
  const map = new Float32Array(height * width * padded);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) map[(y * width + x) * padded + c] = valueAt(y, x, c);
    }
  }
  return context.constant(map);
}

/**
 * Gives the rows that planes of border values have, and for each row of a map the one from which on its own and the next ones are found
 * there. Most rows of a map are followed by rows of the same classes as those behind the row before, and share its place.
 *
 * @param classes of each row.
 * @param reach the number of rows that a vector of lanes can touch.
 */
function rowsOfPlanes(classes: readonly string[], reach: number): { rows: number[]; starts: number[] } {
  const rows = Array.from({ length: reach }, (_, row) => row);
  const starts = [0];
  const from = (row: number): string => `${classes.slice(row, row + reach)}`;
  for (let row = 1; row < classes.length; row++) {
    const isNew = from(row) !== from(row - 1);
    if (isNew) rows.push(row + reach - 1);
    starts.push(starts[row - 1]! + Number(isNew));
  }
  return { rows, starts };
}

/**
 * Writes what a fused group adds to its halved sums and behind its affine as planes, and where the values of each lane begin in them:
 * runtime/assembly/plane-epilogue.ts. Where sums are clipped, something is added to them.
 */
export function borderPlanes(context: PlanContext, { source, sumBias, sumClip, border }: FusedGroup) {
  const [before, behind] = [borderBiasOf(context, sumBias), borderBiasOf(context, border)];
  if (!before && !behind && sumClip === undefined) return undefined;
  const { height, width, channels } = context.shapes[source]!;
  const pitch = context.choice.grids.pitchOf(source);
  const classes = Array.from({ length: height }, (_, y) => `${before?.rows[y]} ${behind?.rows[y]}`);
  const { rows, starts } = rowsOfPlanes(classes, Math.floor((VECTOR_LANES - 2) / pitch) + 2);
  const planeLanes = rows.length * pitch;
  const planesOf = (bias: BorderBias | undefined, factor: number): Pointer => {
    const planes = new Float32Array(channels * planeLanes);
    for (let c = 0; bias && c < channels; c++) {
      rows.forEach((y, row) => {
        for (let x = 0; x < width; x++) planes[c * planeLanes + row * pitch + x] = bias.valueAt(y, x, c) * factor;
      });
    }
    return context.constant(planes);
  };
  const places = Uint32Array.from(
    { length: roundUp(height * pitch, VECTOR_LANES) },
    (_, lane) => ((starts[Math.floor(lane / pitch)] ?? 0) * pitch + (lane % pitch)) * 4,
  );
  return {
    places: context.constant(places),
    borderPlaneBytes: planeLanes * 4,
    sumBias: before || sumClip !== undefined ? planesOf(before, 0.5) : undefined,
    border: behind && planesOf(behind, 1),
  };
}
