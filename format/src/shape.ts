import { SignwaveError } from './errors.js';
import type { ConvNode, Graph, GraphNode, InputNode, MapShape, PoolNode, Size2, Tensor } from './graph.js';
import {
  MAX_CHANNELS,
  MAX_MAP_ELEMENTS,
  MAX_NODES,
  MAX_OPERANDS,
  MAX_TAPS,
  MAX_TOTAL_MACS,
  MAX_TOTAL_MAP_ELEMENTS,
} from './limits.js';
import { macs } from './macs.js';

/** Operands that an operation takes: exactly this many, or at least 2 for `concat`. */
const OPERAND_COUNTS: Readonly<Partial<Record<GraphNode['op'], number>>> = { input: 0, add: 2 };

/** How a node is called in messages: its name in the source network, else its place and operation. */
export function nodeLabel(nodes: readonly GraphNode[], index: number): string {
  const node = nodes[index];
  return node?.name ? `node ${index} ("${node.name}", ${node.op})` : `node ${index} (${node?.op ?? 'missing'})`;
}

/**
 * Shape of every node's output map, by SPEC.md section 4; also the proof that the graph has a meaning.
 *
 * @returns one shape per node, in the order of `graph.nodes`.
 * @throws {SignwaveError} `E_GRAPH` for a graph without meaning, `E_FORMAT_LIMIT` for one above `limits.ts`;
 *   the message names the node, what was found and what was expected.
 */
export function inferShapes(graph: Graph): readonly MapShape[] {
  const inference = new ShapeInference();
  inference.extend(graph);
  return inference.shapes;
}

/** {@link inferShapes} for a graph that grows: nodes that were seen are not looked at again. */
export class ShapeInference {
  readonly #shapes: MapShape[] = [];
  /** Nodes whose values have no exact bits: a softmax, and all that is computed from one. */
  readonly #inexact = new Set<number>();
  #totalElements = 0;
  #totalWork = 0;

  /** Of the nodes so far. */
  get shapes(): readonly MapShape[] {
    return this.#shapes;
  }

  /** @param graph as before, with nodes added at its end. @throws {SignwaveError} as {@link inferShapes}. */
  extend(graph: Graph): void {
    const { nodes } = graph;
    if (nodes.length === 0 || nodes.length > MAX_NODES) {
      throw new SignwaveError('E_FORMAT_LIMIT', `a graph has 1 to ${MAX_NODES} nodes, this one has ${nodes.length}`);
    }
    for (let index = this.#shapes.length; index < nodes.length; index++) this.#add(graph, index);
  }

  #add(graph: Graph, index: number): void {
    const node = graph.nodes[index]!;
    const label = nodeLabel(graph.nodes, index);
    if ((node.op === 'input') !== (index === 0)) fail(label, 'the first node, and no other, is the input');
    checkOperands(node, index, label);
    if (node.op === 'softmax' || node.inputs.some((input) => this.#inexact.has(input))) this.#inexact.add(index);
    if (node.op === 'sign' && this.#inexact.has(index)) {
      fail(label, 'depends on a softmax, whose last bits are not defined');
    }
    checkCounts(node, label);
    const shape = outputShape(graph, node, this.#shapes, label);
    const { height, width, channels } = shape;
    if (![height, width, channels].every((n) => isWhole(n, 1))) {
      fail(label, `its output would be ${describe(shape)}; every side must be 1 or more`);
    }
    const elements = height * width * channels;
    if (elements > MAX_MAP_ELEMENTS || channels > MAX_CHANNELS) {
      limit(label, `its output ${describe(shape)} is above ${MAX_MAP_ELEMENTS} elements or ${MAX_CHANNELS} channels`);
    }
    const poolWork = 'window' in node ? elements * node.window.height * node.window.width : 0;
    const totalElements = this.#totalElements + elements;
    const totalWork = this.#totalWork + macs(graph, node, shape) + poolWork;
    if (totalElements > MAX_TOTAL_MAP_ELEMENTS) {
      limit(label, `all maps together pass ${MAX_TOTAL_MAP_ELEMENTS} elements`);
    }
    if (totalWork > MAX_TOTAL_MACS) {
      limit(label, `the graph passes ${MAX_TOTAL_MACS} multiply-accumulates and elements of pools`);
    }
    this.#totalElements = totalElements;
    this.#totalWork = totalWork;
    this.#shapes.push(shape);
  }
}

/** (height, width, channels) in words. */
export function describe(shape: MapShape): string {
  return `(${shape.height}, ${shape.width}, ${shape.channels})`;
}

function fail(label: string, what: string): never {
  throw new SignwaveError('E_GRAPH', `${label}: ${what}`);
}

function limit(label: string, what: string): never {
  throw new SignwaveError('E_FORMAT_LIMIT', `${label}: ${what}`);
}

function checkOperands(node: GraphNode, index: number, label: string): void {
  const expected = OPERAND_COUNTS[node.op] ?? 1;
  const found = node.inputs.length;
  if (node.op === 'concat' ? found < 2 : found !== expected) {
    fail(label, `takes ${node.op === 'concat' ? '2 or more' : expected} operands, it has ${found}`);
  }
  if (found > MAX_OPERANDS) limit(label, `has ${found} operands, at most ${MAX_OPERANDS} are possible`);
  for (const input of node.inputs) {
    if (!isWhole(input, 0) || input >= index) fail(label, `operand ${input} is not an earlier node`);
  }
}

function outputShape(graph: Graph, node: GraphNode, shapes: readonly MapShape[], label: string): MapShape {
  if (node.op === 'input') return inputShape(node, label);
  const x = shapes[node.inputs[0]!]!;
  const vectorOf = (index: number, rows: number, what: string): void => {
    const tensor = floatTensorAt(graph, index, what, label);
    if (tensor.shape.join() !== [rows, 1, 1, x.channels].join()) {
      fail(label, `its ${what} have shape (${tensor.shape.join(', ')}), expected (${rows}, 1, 1, ${x.channels})`);
    }
  };
  switch (node.op) {
    case 'sign':
      if (node.threshold !== undefined) vectorOf(node.threshold, 1, 'thresholds');
      return x;
    case 'conv':
      return convShape(node, tensorAt(graph, node.weights, label), x, label);
    case 'linear': {
      const [outputs, height, width, inputs] = tensorAt(graph, node.weights, label).shape;
      checkTaps(inputs, label);
      if (x.height * x.width * height * width !== 1 || x.channels !== inputs) {
        fail(
          label,
          `takes a vector (1, 1, I) and weights (O, 1, 1, I), its operand is ${describe(x)} and its weights (${outputs}, ${height}, ${width}, ${inputs})`,
        );
      }
      return { height: 1, width: 1, channels: outputs };
    }
    case 'affine':
      vectorOf(node.coefficients, 2, 'coefficients');
      return x;
    case 'prelu':
      vectorOf(node.slopes, 2, 'slopes');
      return x;
    case 'borderBias': {
      const [one, rows, columns, channels] = floatTensorAt(graph, node.bias, 'biases', label).shape;
      // At most as many classes as rows: then top, interior and bottom never overlap.
      if (one !== 1 || channels !== x.channels || rows > x.height || columns > x.width) {
        fail(label, `its bias (${one}, ${rows}, ${columns}, ${channels}) doesn't fit its operand ${describe(x)}`);
      }
      if (node.topRows >= rows || node.leftColumns >= columns) fail(label, 'no class is left for the interior');
      return x;
    }
    case 'add': {
      const y = shapes[node.inputs[1]!]!;
      if (describe(x) !== describe(y))
        fail(label, `adds maps of one shape, its operands are ${describe(x)} and ${describe(y)}`);
      return x;
    }
    case 'clip':
      if (!(node.lo <= node.hi)) fail(label, `clips to ${node.lo}..${node.hi}, which is empty`);
      return x;
    case 'maxPool':
    case 'avgPool':
      return poolShape(node, x, label);
    case 'globalAvgPool':
      return { height: 1, width: 1, channels: x.channels };
    case 'padChannels':
      return { ...x, channels: node.before + x.channels + node.after };
    case 'sliceSpatial': {
      const side = (of: keyof Size2): number => Math.ceil((x[of] - node.start[of]) / node.step[of]);
      return { height: side('height'), width: side('width'), channels: x.channels };
    }
    case 'concat': {
      const maps = node.inputs.map((input) => shapes[input]!);
      const odd = maps.find((map) => map.height !== x.height || map.width !== x.width);
      if (odd) fail(label, `joins maps of one height and width, its operands are ${describe(x)} and ${describe(odd)}`);
      return { ...x, channels: maps.reduce((sum, map) => sum + map.channels, 0) };
    }
    case 'flatten':
      return { height: 1, width: 1, channels: x.height * x.width * x.channels };
    case 'softmax':
      if (x.height !== 1 || x.width !== 1) fail(label, `takes a vector (1, 1, C), its operand is ${describe(x)}`);
      return x;
    case 'sampleMean':
      return x;
  }
}

function tensorAt(graph: Graph, index: number, label: string): Tensor {
  const tensor = graph.tensors[index];
  if (!tensor) fail(label, `names tensor ${index}, but the graph has ${graph.tensors.length}`);
  return tensor;
}

function floatTensorAt(graph: Graph, index: number, what: string, label: string): Tensor {
  const tensor = tensorAt(graph, index, label);
  if (tensor.dtype !== 'f32' && tensor.dtype !== 'f16') {
    fail(label, `its ${what} are ${tensor.dtype}, expected f32 or f16`);
  }
  return tensor;
}

/** Attributes that count something, all whole numbers, and the least that each can be. */
const LEAST: Readonly<Record<string, number>> = {
  groups: 1,
  stride: 1,
  dilation: 1,
  window: 1,
  step: 1,
  start: 0,
  pads: 0,
  before: 0,
  after: 0,
  topRows: 0,
  leftColumns: 0,
};

function checkCounts(node: GraphNode, label: string): void {
  for (const [key, value] of Object.entries(node)) {
    const least = LEAST[key];
    if (least === undefined) continue;
    const odd = Object.values<number>(typeof value === 'number' ? [value] : value).find((n) => !isWhole(n, least));
    if (odd !== undefined) fail(label, `its ${key} holds ${odd}, expected whole numbers from ${least}`);
  }
}

function isWhole(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least;
}

function checkTaps(taps: number, label: string): void {
  if (taps > MAX_TAPS)
    limit(label, `sums ${taps} taps for one output; ${MAX_TAPS} is the most that float32 counts exactly`);
}

function inputShape(node: InputNode, label: string): MapShape {
  const { height, width, channels, recipe } = node;
  if (recipe) {
    const { mean, std, divisor, channelOrder, resize } = recipe;
    if (channels !== (channelOrder === 'gray' ? 1 : 3))
      fail(label, `${channels} channels can't hold ${channelOrder} images`);
    if (mean.length !== channels || std.length !== channels) {
      fail(label, `its recipe has ${mean.length} means and ${std.length} deviations for ${channels} channels`);
    }
    if (![divisor, ...mean, ...std].every(Number.isFinite) || [divisor, ...std].some((n) => n === 0)) {
      fail(label, 'its recipe divides by zero or holds NaN or infinity');
    }
    if (resize?.mode === 'shorterSide' && resize.sizePixels < Math.max(height, width)) {
      fail(
        label,
        `resizes the shorter side to ${resize.sizePixels} pixels, too few for a crop of ${height} x ${width}`,
      );
    }
  }
  return { height, width, channels };
}

function convShape(node: ConvNode, weights: Tensor, x: MapShape, label: string): MapShape {
  const [outChannels, kernelHeight, kernelWidth, groupChannels] = weights.shape;
  const { groups, pads, stride, dilation } = node;
  if (groupChannels * groups !== x.channels) {
    fail(label, `its weights take ${groupChannels} channels in ${groups} groups, its operand has ${x.channels}`);
  }
  if (outChannels % groups !== 0) fail(label, `${outChannels} filters don't divide into ${groups} groups`);
  checkTaps(kernelHeight * kernelWidth * groupChannels, label);
  const side = (of: keyof Size2, kernel: number, padding: number): number =>
    Math.floor((x[of] + padding - dilation[of] * (kernel - 1) - 1) / stride[of]) + 1;
  return {
    height: side('height', kernelHeight, pads.top + pads.bottom),
    width: side('width', kernelWidth, pads.left + pads.right),
    channels: outChannels,
  };
}

function poolShape(node: PoolNode, x: MapShape, label: string): MapShape {
  const { window, stride, pads } = node;
  if (node.op === 'maxPool' && node.countPads) fail(label, "counts pads, which have no part in a maxPool's result");
  // PyTorch's rule; it also makes sure that every window holds at least one element of the operand.
  if (2 * Math.max(pads.top, pads.bottom) > window.height || 2 * Math.max(pads.left, pads.right) > window.width) {
    fail(label, 'its pads are above half of its window');
  }
  /** PyTorch's `pooling_output_shape`: in ceil mode the last window must start inside the operand or its leading pad. */
  const side = (of: keyof Size2, before: number, after: number): number => {
    const steps = (x[of] + before + after - window[of]) / stride[of];
    const count = (node.ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
    return node.ceilMode && (count - 1) * stride[of] >= x[of] + before ? count - 1 : count;
  };
  return {
    height: side('height', pads.top, pads.bottom),
    width: side('width', pads.left, pads.right),
    channels: x.channels,
  };
}
