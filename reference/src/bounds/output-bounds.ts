import {
  type ConvNode,
  freeSums,
  type Graph,
  type GraphNode,
  type InputNode,
  type LinearNode,
  type Tensor,
  tensorValues,
} from '@signwave/format';
import type { FeatureMap } from '../feature-map.js';
import { conv, packFilters } from '../ops/conv.js';
import { ONE_PIXEL } from '../ops/linear.js';
import { stepOf } from '../steps/steps.js';
import { bound, gamma, mapOf, rounded } from './rounding.js';

/** An operand: the reference's values, and how far another executor's may be from them. */
interface Operand {
  readonly x: FeatureMap;
  readonly e: FeatureMap;
}

/** SPEC.md 4.18: a softmax is good to this share of itself, its logarithm to so much near 0. */
const SOFTMAX = 1e-5;
const LOGARITHM = 1e-11;
/** Roundings of two sums of n terms, in orders of their own and with their products, count for fewer than this many times n. */
const ROUNDINGS = 4;

/**
 * Bounds for how far a conforming executor's output may be from the reference's, element by element (SPEC.md 5). Differences begin at sums whose order is
 * free and at a softmax, and go on through whatever follows.
 *
 * @param maps what the reference recorded for the graph.
 * @returns a map like the output's, infinity where an overflow on the way may give anything; undefined if every bit is fixed.
 */
export function outputBounds(graph: Graph, maps: readonly FeatureMap[]): Float32Array | undefined {
  const free = freeSums(graph);
  const bounds: (FeatureMap | undefined)[] = [];
  graph.nodes.forEach((node, index) => {
    const isExact = node.inputs.every((input) => !bounds[input]);
    if (isExact && !free.has(index) && node.op !== 'softmax') bounds.push(undefined);
    else {
      const operands = node.inputs.map((input): Operand => {
        const x = maps[input]!;
        return { x, e: bounds[input] ?? mapOf(x, () => 0) };
      });
      bounds.push(boundsAfter(graph, node as Exclude<GraphNode, InputNode>, operands, maps[index]!));
    }
  });
  return bounds.at(-1)?.data;
}

/** @param y the node's output in the reference. */
function boundsAfter(
  graph: Graph,
  node: Exclude<GraphNode, InputNode>,
  operands: readonly Operand[],
  y: FeatureMap,
): FeatureMap {
  const [{ x, e }, second] = operands as [Operand, Operand?];
  const each = (element: (i: number, channel: number) => number): FeatureMap => mapOf(y, element);
  const size = (i: number): number => Math.abs(y.data[i]!);
  const valuesOf = (tensor: number): Float32Array => tensorValues(graph.tensors[tensor]!).map(Math.abs);
  switch (node.op) {
    case 'conv':
    case 'linear':
      return afterSums(node, graph.tensors[node.weights]!, { x, e }, y);
    case 'avgPool':
    case 'globalAvgPool': {
      const pool = stepOf(graph, node, y);
      const taps = node.op === 'avgPool' ? node.window.height * node.window.width : x.height * x.width;
      const sums = pool(magnitudes({ x, e }));
      return afterTerms(pool(e), sums, taps, taps);
    }
    case 'affine': {
      const m = valuesOf(node.coefficients);
      return each((i, channel) => {
        const product = rounded(m[channel]! * e.data[i]!, m[channel]! * Math.abs(x.data[i]!));
        return rounded(product, size(i));
      });
    }
    case 'prelu': {
      const slopes = valuesOf(node.slopes);
      return each((i, channel) => {
        const steepest = Math.max(slopes[channel]!, slopes[y.channels + channel]!);
        return rounded(steepest * e.data[i]!, size(i));
      });
    }
    case 'borderBias':
      return each((i) => rounded(e.data[i]!, size(i)));
    case 'add':
      return each((i) => rounded(e.data[i]! + second!.e.data[i]!, size(i)));
    case 'scale':
    case 'multiply':
      return each((i, channel) => {
        const at = node.op === 'scale' ? channel : i;
        const [a, b] = [e.data[i]!, second!.e.data[at]!];
        const products = Math.abs(x.data[i]!) * b + Math.abs(second!.x.data[at]!) * a + a * b;
        return rounded(products, size(i));
      });
    case 'sampleMean': {
      const mean = (map: FeatureMap): number => map.data.reduce((sum, v) => sum + v, 0) / map.data.length;
      const [meanError, meanSize] = [mean(e), mean(magnitudes({ x, e }))];
      return each((i) => rounded(e.data[i]! + rounded(meanError, meanSize), size(i)));
    }
    case 'sigmoid':
      // Its slope is 1/4 at most; the polynomial is good to 3e-15.
      return each((i) => rounded(e.data[i]! / 4 + 1e-14, 1));
    case 'softmax': {
      // Each logit and the logarithm of the sum move by the largest bound at most.
      const logits = 2 * e.data.reduce((most, v) => Math.max(most, v), 0);
      const share = node.log ? SOFTMAX : SOFTMAX + (1 + SOFTMAX) * Math.expm1(logits);
      return each((i) => bound(share * size(i) + (node.log ? logits + LOGARITHM : 0), size(i)));
    }
    default:
      // A clip and the largest of a window bring no two values further apart, the rest moves elements. (Both keep a NaN, whose bound is infinite.)
      return node.op === 'clip' ? e : stepOf(graph, node, y)(e, ...operands.slice(1).map((it) => it.e));
  }
}

/** |x| + e: what another executor's values are at most. */
function magnitudes({ x, e }: Operand): FeatureMap {
  return mapOf(x, (i) => {
    const size = Math.abs(x.data[i]!) + e.data[i]!;
    return Number.isNaN(size) ? Number.POSITIVE_INFINITY : size;
  });
}

/** A convolution or linear layer: the operands' bounds times the weights' magnitudes, and what rounding makes of the sum of all terms' magnitudes. */
function afterSums(node: ConvNode | LinearNode, weights: Tensor, operand: Operand, y: FeatureMap): FeatureMap {
  const values = tensorValues(weights).map(Math.abs);
  const sizes: Tensor = { dtype: 'f32', shape: weights.shape, data: new Uint8Array(values.buffer) };
  const geometry = node.op === 'conv' ? node : ONE_PIXEL;
  const filters = packFilters(sizes, geometry.groups);
  // Summed in binary64 and rounded once.
  const errors = conv(operand.e, filters, geometry, 'integer', y);
  return afterTerms(errors, conv(magnitudes(operand), filters, geometry, 'integer', y), filters.taps, 1);
}

/**
 * @param errors what the operands' bounds add up to.
 * @param sums of the terms' magnitudes.
 * @param terms how many there are.
 * @param divisor by which both were divided in the end.
 */
function afterTerms(errors: FeatureMap, sums: FeatureMap, terms: number, divisor: number): FeatureMap {
  const share = gamma(ROUNDINGS * (terms + 1));
  // Each product, too, may be tiny.
  return mapOf(errors, (i) =>
    bound(errors.data[i]! + share * sums.data[i]! + terms * 2 ** -148, 2 * divisor * sums.data[i]!),
  );
}
