import { SignwaveError } from './errors.js';
import type { Graph, GraphNode, MapShape, Pads, Tensor } from './graph.js';
import {
  MAX_CHANNELS,
  MAX_MAP_ELEMENTS,
  MAX_NODES,
  MAX_OPERANDS,
  MAX_TAPS,
  MAX_TOTAL_MACS,
  MAX_TOTAL_MAP_ELEMENTS,
  MAX_WEIGHTS,
} from './limits.js';
import { macs } from './macs.js';
import { tensorField, tensorOf } from './node-tensors.js';
import { describe, type Row } from './operations/row.js';
import { OPERATIONS } from './operations/table.js';
import { tensorElements } from './tensor.js';

/** What messages call a node: its name in the source network, or else its index and operation. */
export function nodeLabel(nodes: readonly GraphNode[], index: number): string {
  const node = nodes[index];
  return node?.name ? `node ${index} ("${node.name}", ${node.op})` : `node ${index} (${node?.op ?? 'missing'})`;
}

/**
 * Infers the shape of every node's output map by SPEC.md section 4. If it succeeds, the graph has a meaning.
 *
 * @returns one shape for each node, in the order of `graph.nodes`.
 * @throws {SignwaveError} `E_GRAPH` for a graph without meaning, `E_FORMAT_LIMIT` for one above `limits.ts`;
 *   the message names the node, what was found and what was expected.
 */
export function inferShapes(graph: Graph): readonly MapShape[] {
  const inference = new ShapeInference();
  inference.extend(graph);
  return inference.shapes;
}

/** Does what {@link inferShapes} does for a graph that grows, and looks at each node only once. */
export class ShapeInference {
  readonly #shapes: MapShape[] = [];
  /** Nodes whose values have no exact bits: softmax, and everything computed from it. */
  readonly #inexact = new Set<number>();
  /** The pads of each node's output, wide enough for all convolutions that read it. */
  readonly #pads: Pads[] = [];
  #totalElements = 0;
  #totalWork = 0;

  /** The shapes of all nodes so far. */
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
    const row: Row<GraphNode> = OPERATIONS[node.op];
    checkOperands(node, row, index, label);
    if (row.isInexact || node.inputs.some((input) => this.#inexact.has(input))) this.#inexact.add(index);
    if (node.op === 'sign' && this.#inexact.has(index)) {
      fail(label, 'depends on a softmax, whose last bits are not defined');
    }
    checkCounts(node, row, label);
    const maps = node.inputs.map((input) => this.#shapes[input]!);
    const x = maps[0]!;
    const tensor = checkedTensor(graph, node, x, label);
    const shape = row.shapeOf?.({ maps, tensor, fail: (what) => fail(label, what) }, x, node) ?? x;
    const { height, width, channels } = shape;
    if (![height, width, channels].every((n) => isWhole(n, 1))) {
      fail(label, `its output would be ${describe(shape)}; every side must be 1 or more`);
    }
    const elements = height * width * channels;
    checkElements(label, 'output', shape);
    if (node.op === 'conv') {
      const [operand] = node.inputs as [number];
      const pads = widerPads(node.pads, this.#pads[operand]);
      this.#pads[operand] = pads;
      checkElements(label, 'padded operand', {
        height: pads.top + x.height + pads.bottom,
        width: pads.left + x.width + pads.right,
        channels: x.channels,
      });
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

/** The wider of two pads on each side. */
export function widerPads(pads: Pads, others: Pads = pads): Pads {
  const wider = (side: keyof Pads): number => Math.max(pads[side], others[side]);
  return { top: wider('top'), left: wider('left'), bottom: wider('bottom'), right: wider('right') };
}

function checkElements(label: string, what: string, map: MapShape): void {
  const { height, width, channels } = map;
  if (height * width * channels > MAX_MAP_ELEMENTS || channels > MAX_CHANNELS) {
    limit(label, `its ${what} ${describe(map)} is above ${MAX_MAP_ELEMENTS} elements or ${MAX_CHANNELS} channels`);
  }
}

function fail(label: string, what: string): never {
  throw new SignwaveError('E_GRAPH', `${label}: ${what}`);
}

function limit(label: string, what: string): never {
  throw new SignwaveError('E_FORMAT_LIMIT', `${label}: ${what}`);
}

function checkOperands({ inputs }: GraphNode, { operands = 1 }: Row<GraphNode>, index: number, label: string): void {
  const found = inputs.length;
  if (operands === '2 or more' ? found < 2 : found !== operands) {
    fail(label, `takes ${operands} operands, it has ${found}`);
  }
  if (found > MAX_OPERANDS) limit(label, `has ${found} operands, at most ${MAX_OPERANDS} are possible`);
  for (const input of inputs) {
    if (!isWhole(input, 0) || input >= index) fail(label, `operand ${input} is not an earlier node`);
  }
}

/** Finds the tensor that a node names, if any, and checks it by the rule of the operation's row. */
function checkedTensor({ tensors }: Graph, node: GraphNode, x: MapShape, label: string): Tensor | undefined {
  const index = tensorOf(node);
  if (index === undefined) return;
  const tensor = tensors[index] ?? fail(label, `names tensor ${index}, but the graph has ${tensors.length}`);
  const { dtype, shape } = tensor;
  const { floats, rows } = tensorField(node)![1].tensor!;
  const weights = tensorElements(shape);
  const taps = weights / shape[0];
  if (floats && !dtype.startsWith('f')) fail(label, `its ${floats} are ${dtype}, expected f32 or f16`);
  if (!floats && (taps > MAX_TAPS || weights > MAX_WEIGHTS)) {
    limit(label, `its weights (${shape.join(', ')}) are above ${MAX_WEIGHTS} elements or ${MAX_TAPS} taps`);
  }
  if (rows && shape.join() !== [rows, 1, 1, x.channels].join()) {
    fail(label, `its ${floats} have shape (${shape.join(', ')}), expected (${rows}, 1, 1, ${x.channels})`);
  }
  return tensor;
}

function checkCounts(node: GraphNode, { fields }: Row<GraphNode>, label: string): void {
  const attributes = node as unknown as Readonly<Record<string, number | Readonly<Record<string, number>>>>;
  for (const [key, { least }] of Object.entries(fields)) {
    if (least === undefined) continue;
    const value = attributes[key]!;
    const odd = Object.values(typeof value === 'number' ? [value] : value).find((n) => !isWhole(n, least));
    if (odd !== undefined) fail(label, `its ${key} holds ${odd}, expected whole numbers from ${least}`);
  }
}

function isWhole(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least;
}
