import { type ConvNode, type MapShape, type PoolNode, type Tensor, tensorValues } from '@signwave/format';
import { asImage, fromImage } from './channel-order.js';
import { ELEMENT_DOUBLE, ELEMENT_FLOAT, type OnnxGraph, type ValueName } from './onnx-graph.js';
import { beyondEnd, lowerPads } from './windows.js';

// Sums that a sign depends on, to the last bit. Inside one operator an engine adds in an order of its own, so each sum is written as
// operators in the reference's order: one addition for each tap of a window, or running sums over all elements.

/** The part of a window's geometry that tells where its taps are. */
type TapGeometry = Pick<ConvNode, 'stride' | 'dilation'>;

/**
 * SPEC.md 4.3: a product and a sum for each tap, in the order ky, kx, i.
 *
 * @param x of shape `from`.
 * @param isInteger whether the sums are those of whole numbers, exact in binary64 and rounded once.
 */
export function lowerExactConv(
  onnx: OnnxGraph,
  x: ValueName,
  node: ConvNode,
  weights: Tensor,
  from: MapShape,
  to: MapShape,
  isInteger: boolean,
): ValueName {
  const { groups, pads } = node;
  const [filters, height, width, channels] = weights.shape;
  const values = tensorValues(weights);
  const taps = height * width * channels;
  const widened = (value: ValueName): ValueName =>
    isInteger ? onnx.node('Cast', [value], { to: ELEMENT_DOUBLE }) : value;
  const padded = widened(lowerPads(onnx, asImage(onnx, x, from), pads));
  // Filters of a group share its channel: (N, groups, 1, H, W) times (1, groups, filters / groups, 1, 1).
  const isGrouped = groups > 1 && groups < filters;
  const weightShape = isGrouped ? [1, groups, filters / groups, 1, 1] : [1, filters, 1, 1];
  const reshape = (value: ValueName, shape: number[]): ValueName =>
    isGrouped ? onnx.node('Reshape', [value, onnx.ints('shape', [0, ...shape, to.height, to.width])]) : value;

  let sum: ValueName | undefined;
  for (let tap = 0; tap < taps; tap++) {
    const position = Math.floor(tap / channels);
    const at = { row: Math.floor(position / width), column: position % width };
    const operand = lowerTap(onnx, padded, node, at, to, { first: tap % channels, step: channels, count: groups });
    const ofTap = Float32Array.from({ length: filters }, (_, filter) => values[filter * taps + tap]!);
    const weight = widened(onnx.floats('weight', weightShape, ofTap));
    const product = onnx.node('Mul', [weight, reshape(operand, [groups, 1])]);
    sum = sum === undefined ? product : onnx.node('Add', [sum, product]);
  }
  const rounded = isInteger ? onnx.node('Cast', [sum!], { to: ELEMENT_FLOAT }) : sum!;
  return fromImage(onnx, reshape(rounded, [filters]), to);
}

/** SPEC.md 4.4: running sums of the products. @param x a vector of K elements. @param weights (O, 1, 1, K). */
export function lowerExactLinear(onnx: OnnxGraph, x: ValueName, weights: Tensor): ValueName {
  const [filters, , , channels] = weights.shape;
  const rows = onnx.node('Reshape', [x, onnx.ints('shape', [0, 1, channels])]);
  const w = onnx.floats('weight', [1, filters, channels], tensorValues(weights));
  return lastRunningSum(onnx, onnx.node('Mul', [w, rows]), channels);
}

/**
 * SPEC.md 4.11: the sum of each tap, divided by the number of elements in the window.
 *
 * @param node an average pool. @param x of shape `from`.
 */
export function lowerExactAvgPool(
  onnx: OnnxGraph,
  x: ValueName,
  node: PoolNode,
  from: MapShape,
  to: MapShape,
): ValueName {
  const { window, pads } = node;
  const beyond = beyondEnd(node, from, to);
  // Zeros beyond the map change no sum.
  const reach = { ...pads, bottom: pads.bottom + beyond.bottom, right: pads.right + beyond.right };
  const padded = lowerPads(onnx, asImage(onnx, x, from), reach);
  const geometry = { stride: node.stride, dilation: { height: 1, width: 1 } };
  let sum: ValueName | undefined;
  for (let tap = 0; tap < window.height * window.width; tap++) {
    const at = { row: Math.floor(tap / window.width), column: tap % window.width };
    const operand = lowerTap(onnx, padded, geometry, at, to, { first: 0, step: 1, count: from.channels });
    sum = sum === undefined ? operand : onnx.node('Add', [sum, operand]);
  }
  const elements = onnx.floats('elements', [1, 1, to.height, to.width], elementsInWindows(node, from, to));
  return fromImage(onnx, onnx.node('Div', [sum!, elements]), to);
}

/** For each position of a window, how many elements its sum is divided by: (H, W) of the output. */
function elementsInWindows(node: PoolNode, from: MapShape, to: MapShape): Float32Array {
  const { window, stride, pads, countPads } = node;
  const along = (
    count: number,
    step: number,
    size: number,
    sides: readonly [before: number, inside: number, after: number],
  ): number[] => {
    const [before, inside, after] = sides;
    const [first, end] = countPads ? [-before, inside + after] : [0, inside];
    return Array.from({ length: count }, (_, i) => {
      const start = i * step - before;
      return Math.min(start + size, end) - Math.max(start, first);
    });
  };
  const rows = along(to.height, stride.height, window.height, [pads.top, from.height, pads.bottom]);
  const columns = along(to.width, stride.width, window.width, [pads.left, from.width, pads.right]);
  return Float32Array.from(rows.flatMap((row) => columns.map((column) => row * column)));
}

/** SPEC.md 4.12: running sums over all pixels, divided by their number. @param x a map of shape `from`. @returns a vector. */
export function lowerExactMean(onnx: OnnxGraph, x: ValueName, { height, width, channels }: MapShape): ValueName {
  const pixels = height * width;
  const rows = onnx.node('Reshape', [x, onnx.ints('shape', [0, channels, pixels])]);
  return onnx.node('Div', [lastRunningSum(onnx, rows, pixels), onnx.floats('pixels', [1], Float32Array.of(pixels))]);
}

/** Sums along the last dimension, in its order. @param terms (N, C, count). @returns (N, C). */
function lastRunningSum(onnx: OnnxGraph, terms: ValueName, count: number): ValueName {
  const sums = onnx.node('CumSum', [terms, onnx.ints('axis', [2])]);
  const [starts, ends, axes] = [onnx.ints('starts', [count - 1]), onnx.ints('ends', [count]), onnx.ints('axes', [2])];
  return onnx.node('Flatten', [onnx.node('Slice', [sums, starts, ends, axes])], { axis: 1 });
}

/**
 * The elements that one tap of a window reads, for all positions of the window.
 *
 * @param padded (N, C, H, W). @param at the tap's place in the window. @param channels which of them, `step` apart.
 */
function lowerTap(
  onnx: OnnxGraph,
  padded: ValueName,
  { stride, dilation }: TapGeometry,
  at: { readonly row: number; readonly column: number },
  to: MapShape,
  channels: { readonly first: number; readonly step: number; readonly count: number },
): ValueName {
  const [row, column] = [at.row * dilation.height, at.column * dilation.width];
  const { first, step, count } = channels;
  return onnx.node('Slice', [
    padded,
    onnx.ints('starts', [first, row, column]),
    onnx.ints('ends', [
      first + (count - 1) * step + 1,
      row + (to.height - 1) * stride.height + 1,
      column + (to.width - 1) * stride.width + 1,
    ]),
    onnx.ints('axes', [1, 2, 3]),
    onnx.ints('steps', [step, stride.height, stride.width]),
  ]);
}
