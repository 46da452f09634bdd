import { SignwaveError } from './errors.js';
import type { Graph, GraphNode, MapShape, Pads, PoolNode, Size2, Tensor } from './graph.js';
import {
  MAX_CHANNELS,
  MAX_MAP_ELEMENTS,
  MAX_NODES,
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
export function inferShapes(graph: Graph): MapShape[] {
  const { nodes } = graph;
  if (nodes.length === 0 || nodes.length > MAX_NODES) {
    throw new SignwaveError('E_FORMAT_LIMIT', `a graph has 1 to ${MAX_NODES} nodes, this one has ${nodes.length}`);
  }
  const shapes: MapShape[] = [];
  let totalElements = 0;
  let totalMacs = 0;
  nodes.forEach((node, index) => {
    const label = nodeLabel(nodes, index);
    if ((node.op === 'input') !== (index === 0)) fail(label, 'the first node, and no other, is the input');
    checkOperands(node, index, label);
    const shape = outputShape(graph, node, shapes, label);
    const { height, width, channels } = shape;
    if (![height, width, channels].every((n) => Number.isInteger(n) && n >= 1)) {
      fail(label, `its output would be ${describe(shape)}; every side must be 1 or more`);
    }
    const elements = height * width * channels;
    if (elements > MAX_MAP_ELEMENTS || channels > MAX_CHANNELS) {
      limit(label, `its output ${describe(shape)} is above ${MAX_MAP_ELEMENTS} elements or ${MAX_CHANNELS} channels`);
    }
    totalElements += elements;
    shapes.push(shape);
    totalMacs += macs(graph, node, shape);
    if (totalElements > MAX_TOTAL_MAP_ELEMENTS)
      limit(label, `all maps together pass ${MAX_TOTAL_MAP_ELEMENTS} elements`);
    if (totalMacs > MAX_TOTAL_MACS) limit(label, `the graph passes ${MAX_TOTAL_MACS} multiply-accumulates`);
  });
  return shapes;
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
  for (const input of node.inputs) {
    if (!Number.isInteger(input) || input < 0 || input >= index) fail(label, `operand ${input} is not an earlier node`);
  }
}

function outputShape(graph: Graph, node: GraphNode, shapes: readonly MapShape[], label: string): MapShape {
  if (node.op === 'input') return inputShape(node, label);
  const x = shapes[node.inputs[0]!]!;
  const vectorOf = (index: number, rows: number, what: string): void => {
    const tensor = tensorAt(graph, index, label);
    if (tensor.dtype !== 'f32' && tensor.dtype !== 'f16')
      fail(label, `its ${what} are ${tensor.dtype}, expected f32 or f16`);
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
      if (height !== 1 || width !== 1) fail(label, 'linear weights have shape (O, 1, 1, I)');
      checkTaps(inputs, label);
      if (x.height !== 1 || x.width !== 1 || x.channels !== inputs) {
        fail(label, `takes a vector (1, 1, ${inputs}), its operand is ${describe(x)}`);
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
      const [one, rows, columns, channels] = tensorAt(graph, node.bias, label).shape;
      checkWhole(label, { topRows: node.topRows, leftColumns: node.leftColumns }, 0);
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
      checkWhole(label, { before: node.before, after: node.after }, 0);
      return { ...x, channels: node.before + x.channels + node.after };
    case 'sliceSpatial':
      checkWhole(label, { 'start row': node.start.height, 'start column': node.start.width }, 0);
      checkWhole(label, { 'row step': node.step.height, 'column step': node.step.width }, 1);
      return {
        height: Math.ceil((x.height - node.start.height) / node.step.height),
        width: Math.ceil((x.width - node.start.width) / node.step.width),
        channels: x.channels,
      };
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

function checkWhole(label: string, values: Readonly<Record<string, number>>, least: number): void {
  for (const [what, value] of Object.entries(values)) {
    if (!Number.isInteger(value) || value < least)
      fail(label, `its ${what} is ${value}, expected a whole number from ${least}`);
  }
}

function checkSize(label: string, what: string, size: Size2): void {
  checkWhole(label, { [`${what} height`]: size.height, [`${what} width`]: size.width }, 1);
}

function checkPads(label: string, pads: Pads): void {
  checkWhole(
    label,
    { 'top pad': pads.top, 'left pad': pads.left, 'bottom pad': pads.bottom, 'right pad': pads.right },
    0,
  );
}

function checkTaps(taps: number, label: string): void {
  if (taps > MAX_TAPS)
    limit(label, `sums ${taps} taps for one output; ${MAX_TAPS} is the most that float32 counts exactly`);
}

function inputShape(node: Extract<GraphNode, { op: 'input' }>, label: string): MapShape {
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

function convShape(node: Extract<GraphNode, { op: 'conv' }>, weights: Tensor, x: MapShape, label: string): MapShape {
  const [outChannels, kernelHeight, kernelWidth, groupChannels] = weights.shape;
  checkSize(label, 'stride', node.stride);
  checkSize(label, 'dilation', node.dilation);
  checkPads(label, node.pads);
  checkWhole(label, { groups: node.groups }, 1);
  if (groupChannels * node.groups !== x.channels) {
    fail(label, `its weights take ${groupChannels} channels in ${node.groups} groups, its operand has ${x.channels}`);
  }
  if (outChannels % node.groups !== 0) fail(label, `${outChannels} filters don't divide into ${node.groups} groups`);
  checkTaps(kernelHeight * kernelWidth * groupChannels, label);
  const { pads, stride, dilation } = node;
  return {
    height:
      Math.floor((x.height + pads.top + pads.bottom - dilation.height * (kernelHeight - 1) - 1) / stride.height) + 1,
    width: Math.floor((x.width + pads.left + pads.right - dilation.width * (kernelWidth - 1) - 1) / stride.width) + 1,
    channels: outChannels,
  };
}

function poolShape(node: PoolNode, x: MapShape, label: string): MapShape {
  checkSize(label, 'window', node.window);
  checkSize(label, 'stride', node.stride);
  checkPads(label, node.pads);
  const { window, pads } = node;
  // PyTorch's rule; it also makes sure that every window holds at least one element of the operand.
  if (2 * Math.max(pads.top, pads.bottom) > window.height || 2 * Math.max(pads.left, pads.right) > window.width) {
    fail(label, 'its pads are above half of its window');
  }
  return {
    height: poolSide(x.height, window.height, node.stride.height, pads.top, pads.bottom, node.ceilMode),
    width: poolSide(x.width, window.width, node.stride.width, pads.left, pads.right, node.ceilMode),
    channels: x.channels,
  };
}

/** PyTorch's `pooling_output_shape`: in ceil mode the last window must start inside the operand or its leading pad. */
function poolSide(
  size: number,
  window: number,
  stride: number,
  padBefore: number,
  padAfter: number,
  ceilMode: boolean,
): number {
  const steps = (size + padBefore + padAfter - window) / stride;
  const count = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return ceilMode && (count - 1) * stride >= size + padBefore ? count - 1 : count;
}
