import {
  type ConvNode,
  f32Tensor,
  type Graph,
  type GraphNode,
  inferShapes,
  type LinearNode,
  type MapShape,
  packBits,
  type Tensor,
  tensorValues,
} from '@signwave/format';
import { type BorderTerm, borderTerm } from '../models/border-term.js';
import { f16Tensor } from './half.js';
import { isConstant, recurringValues } from './recurring-values.js';
import { withoutNodes } from './rewrite.js';

/**
 * Why values lie at a threshold: means of clipped values or signs, sums of signs, a clip (such as a ReLU) or a slope of 0, bytes of the
 * image.
 */
export type TieCause = 'mean' | 'sum' | 'clip' | 'bytes';

/** What was done about the channels of one `sign` whose values lie exactly at its threshold again and again. */
export interface SourceTie {
  /** The layer that reads the signs. */
  readonly layer: string;
  /** Number of channels that always lie there; they are folded into constants. */
  readonly constant: number;
  /** Number of channels that lie there for some pixels: means of clipped values, sums of signs, zeros of a ReLU. */
  readonly frequent: number;
  /** What causes the frequent ones. */
  readonly cause?: TieCause;
  /**
   * `folded`: nothing is computed for them. `twice`: the layer is computed twice, with +1 and with -1 for 0, and the mean is taken.
   * `threeValued`: the sign has three values, and the layer that reads it works on floats. All three are exact.
   */
  readonly kept: 'folded' | 'twice' | 'threeValued';
}

type BitsLayer = ConvNode | LinearNode;

/** Below every constant that is 0 except for a rounding; the lowest binary16. */
const LOWEST_HALF = -65_504;
/** Below every number of the network. */
const LOWEST = -3.4028234663852886e38;
/** Whole numbers up to this one are exact in binary16. */
const MAX_WHOLE_HALF = 2048;

/**
 * Keep the source network's sign(0) = 0 where inputs are 0 again and again, so that no coincidence of rounding decides. In PyTorch such
 * zeros add nothing to a sum; a bit has no zero.
 *
 * A channel that is always at the threshold gets +1 (its threshold is lowered, so that no rounding decides) and weights that cancel: of two
 * such channels one has +1 for all weights, the other -1. A channel without a partner gets weights like a chessboard, whose sum is small;
 * what they add up to is subtracted as a constant for each border class. A sign with channels that are only sometimes at the threshold
 * becomes two signs, with +1 and with -1 for 0, and each layer that reads it becomes two, whose mean is the source's sum.
 *
 * All sums are whole, so all of this is exact.
 *
 * @param graph not folded yet.
 */
export function keepSourceTies(graph: Graph): { graph: Graph; ties: readonly SourceTie[] } {
  const values = recurringValues(graph);
  const shapes = inferShapes(graph);
  const nodes: GraphNode[] = [];
  const tensors = [...graph.tensors];
  const ties: SourceTie[] = [];
  /** The new index of each old node's value. */
  const moved: number[] = [];
  const foldedChannels = new Map<number, readonly number[]>();
  /** For each old sign, where its twin is, which gives -1 for 0. */
  const lower = new Map<number, number>();

  graph.nodes.forEach((old, index) => {
    const node: GraphNode = { ...old, inputs: old.inputs.map((input) => moved[input]!) };
    const push = (added: GraphNode): number => nodes.push(added) - 1;
    if (node.op === 'sign') {
      const thresholds =
        node.threshold === undefined
          ? new Float32Array(shapes[index]!.channels)
          : tensorValues(tensors[node.threshold]!);
      const tied = node.zeroRule === node.sourceZeroRule ? NO_TIES : tiesOf(values[old.inputs[0]!]!, thresholds);
      if (tied.constant.length + tied.frequent.length === 0) {
        moved[index] = push(node);
        return;
      }
      const kept = keptOf(graph, index, tied.frequent.length);
      const cause = tied.frequent.length > 0 && { cause: causeOf(graph, values, old.inputs[0]!, tied.frequent[0]!) };
      ties.push({
        layer: layerOf(graph, index),
        constant: tied.constant.length,
        frequent: tied.frequent.length,
        ...cause,
        kept,
      });
      if (kept === 'threeValued') moved[index] = push({ ...node, zeroRule: node.sourceZeroRule });
      else if (kept === 'twice') {
        moved[index] = push({ ...node, zeroRule: 'plus', sourceZeroRule: 'plus' });
        lower.set(index, push({ ...node, zeroRule: 'minus', sourceZeroRule: 'minus' }));
      } else {
        const isHalf = node.threshold === undefined;
        for (const c of tied.constant) thresholds[c] = isHalf ? LOWEST_HALF : LOWEST;
        const lowered = (isHalf ? f16Tensor : f32Tensor)([1, 1, 1, thresholds.length], thresholds);
        const threshold = tensors.push(lowered) - 1;
        moved[index] = push({ ...node, threshold });
        foldedChannels.set(index, tied.constant);
      }
      return;
    }
    const sign = old.inputs[0]!;
    const twin = lower.get(sign);
    const dead = foldedChannels.get(sign);
    if (twin !== undefined) {
      const sums = push({ op: 'add', inputs: [push(node), push({ ...node, inputs: [twin] })] });
      const { channels } = shapes[index]!;
      const half = f32Tensor(
        [2, 1, 1, channels],
        Float32Array.from({ length: 2 * channels }, (_, i) => (i < channels ? 0.5 : 0)),
      );
      moved[index] = push({ op: 'affine', inputs: [sums], coefficients: tensors.push(half) - 1 });
    } else if (dead) {
      const layer = node as BitsLayer;
      const weights = cancellingWeights(tensors[layer.weights]!, layer, dead);
      const sums = push({ ...layer, weights: tensors.push(weights) - 1 });
      moved[index] = sums;
      const rest = restOf(layer, weights, dead, shapes[sign]!, shapes[index]!);
      if (rest)
        moved[index] = push({ op: 'borderBias', inputs: [sums], ...rest.classes, bias: tensors.push(rest.bias) - 1 });
    } else moved[index] = push(node);
  });
  // Tensors have to be in the order of the nodes.
  return ties.length === 0 ? { graph, ties } : { graph: withoutNodes({ nodes, tensors }, () => false), ties };
}

/** The graph whose signs all follow the source's own rule for 0: what PyTorch computes. */
export function withSourceRule(graph: Graph): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => (node.op === 'sign' ? { ...node, zeroRule: node.sourceZeroRule } : node)),
  };
}

interface TiedChannels {
  readonly constant: readonly number[];
  readonly frequent: readonly number[];
}
const NO_TIES: TiedChannels = { constant: [], frequent: [] };

function tiesOf(values: ReturnType<typeof recurringValues>[number], thresholds: Float32Array): TiedChannels {
  const tied = values.flatMap(({ recurring }, c) => (recurring.includes(thresholds[c]! + 0) ? [c] : []));
  return {
    constant: tied.filter((c) => isConstant(values[c]!)),
    frequent: tied.filter((c) => !isConstant(values[c]!)),
  };
}

/** Finds the cause of the values that recur in channel `c` of node `index` without being constant. */
function causeOf(graph: Graph, values: ReturnType<typeof recurringValues>, index: number, c: number): TieCause {
  const { nodes } = graph;
  const node = nodes[index]!;
  if (node.op === 'avgPool' || node.op === 'globalAvgPool') return 'mean';
  if (node.op === 'conv' || node.op === 'linear') return 'sum';
  if (node.op === 'input') return 'bytes';
  let channel = c;
  if (node.op === 'padChannels') channel -= node.before;
  if (node.op === 'flatten') channel %= values[node.inputs[0]!]!.length;
  for (const input of node.inputs) {
    const its = values[input]!;
    if (node.op === 'concat' && channel >= its.length) {
      channel -= its.length;
      continue;
    }
    const { recurring } = its[channel]!;
    if (recurring.length > 0 && !isConstant(its[channel]!)) return causeOf(graph, values, input, channel);
    if (node.op === 'concat') break;
  }
  return 'clip';
}

function keptOf({ nodes, tensors }: Graph, sign: number, frequent: number): SourceTie['kept'] {
  const readers = nodes.filter(({ inputs }) => inputs.includes(sign));
  const areBits = readers.every(
    (reader) => (reader.op === 'conv' || reader.op === 'linear') && tensors[reader.weights]!.dtype === 'bits',
  );
  if (!areBits || sign === nodes.length - 1) return 'threeValued';
  return frequent > 0 ? 'twice' : 'folded';
}

function layerOf({ nodes }: Graph, sign: number): string {
  const reader = nodes.findIndex(({ inputs }) => inputs.includes(sign));
  return nodes[reader]?.name ?? `node ${reader < 0 ? sign : reader}`;
}

/** For each group of a layer, the dead channels by their place in the group; if their number is odd, the last has no partner. */
function deadByGroup(weights: Tensor, layer: BitsLayer, dead: readonly number[]): number[][] {
  const groups = layer.op === 'conv' ? layer.groups : 1;
  const channels = weights.shape[3];
  return Array.from({ length: groups }, (_, g) =>
    dead.filter((c) => Math.floor(c / channels) === g).map((c) => c - g * channels),
  );
}

/** Gives the dead channels weights that cancel each other. */
function cancellingWeights(weights: Tensor, layer: BitsLayer, dead: readonly number[]): Tensor {
  const [filters, height, width, channels] = weights.shape;
  const signs = tensorValues(weights);
  const byGroup = deadByGroup(weights, layer, dead);
  for (let o = 0; o < filters; o++) {
    const places = byGroup[Math.floor((o * byGroup.length) / filters)]!;
    for (let tap = 0; tap < height * width; tap++) {
      places.forEach((c, n) => {
        const isAlone = n === places.length - 1 && n % 2 === 0;
        const parity = isAlone ? Math.floor(tap / width) + (tap % width) : n;
        signs[(o * height * width + tap) * channels + c] = parity % 2 === 0 ? 1 : -1;
      });
    }
  }
  return { ...weights, data: packBits(signs.length, (i) => signs[i]! > 0) };
}

/** What the dead channels still add to the sums, as a term for a `borderBias`; undefined if they add nothing. */
function restOf(
  layer: BitsLayer,
  weights: Tensor,
  dead: readonly number[],
  operand: MapShape,
  output: MapShape,
): BorderTerm | undefined {
  const [filters, height, width, channels] = weights.shape;
  const signs = tensorValues(weights);
  const byGroup = deadByGroup(weights, layer, dead);
  const term = borderTerm(layer, { height, width }, operand, output, (inside) =>
    Float32Array.from({ length: filters }, (_, o) => {
      let rest = 0;
      for (const c of byGroup[Math.floor((o * byGroup.length) / filters)]!)
        inside.forEach((isInside, tap) => {
          if (isInside) rest -= signs[(o * inside.length + tap) * channels + c]!;
        });
      return rest;
    }),
  );
  const values = tensorValues(term.bias);
  if (values.every((value) => value === 0)) return undefined;
  return values.every((value) => Math.abs(value) <= MAX_WHOLE_HALF)
    ? { ...term, bias: f16Tensor(term.bias.shape, values) }
    : term;
}
