import type {
  Graph,
  GraphNode,
  InputRecipe,
  MapShape,
  NodeBase,
  Operation,
  Pads,
  Size2,
  Tensor,
  ZeroRule,
} from './graph.js';
import { tensorField } from './node-tensors.js';
import { inferShapes, ShapeInference } from './shape.js';
import { f32Tensor } from './tensor.js';

/** The result of a node, in a graph under construction. */
export type Value = number & { readonly __value: unique symbol };

const ONE: Size2 = { height: 1, width: 1 };
const NO_PADS: Pads = { top: 0, left: 0, bottom: 0, right: 0 };

type NodeOf<Op extends Operation, Node extends GraphNode = GraphNode> = Node extends GraphNode
  ? Op extends Node['op']
    ? Node
    : never
  : never;

/** Attributes of an operation's nodes. A tensor stands for its index. */
type AttributesOf<Op extends Operation> = {
  readonly [Key in keyof Omit<NodeOf<Op>, 'op' | keyof NodeBase>]: NodeOf<Op>[Key] | Tensor;
};

/** One number for both height and width, as in most networks, or one for each. */
export type Sides = number | Size2;

export interface ConvOptions {
  readonly name?: string;
  readonly stride?: Sides;
  readonly dilation?: Sides;
  readonly groups?: number;
  /** Width of the zeros on all four sides, or on each side. */
  readonly pad?: number | Pads;
}

export interface PoolOptions {
  readonly stride?: Sides;
  readonly pad?: number | Pads;
  readonly ceilMode?: boolean;
  /** avgPool only; PyTorch's default is true. */
  readonly countPads?: boolean;
}

/**
 * Builds a {@link Graph} in the order in which the network runs, with a line for each operation:
 *
 * ```ts
 * const g = new GraphBuilder();
 * let x = g.input({ height: 32, width: 32, channels: 3 }, recipe);
 * x = g.clip(g.affine(g.conv(x, stem, { pad: 1 }), scale, bias), -1, 1);
 * x = g.linear(g.globalAvgPool(x), classifier);
 * const graph = g.build();
 * ```
 * The result of the last operation is the graph's output.
 */
export class GraphBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #tensors: Tensor[] = [];
  readonly #indices = new Map<Tensor, number>();
  readonly #inference = new ShapeInference();

  input(shape: MapShape, recipe?: InputRecipe): Value {
    const { height, width, channels } = shape;
    return this.#push({ op: 'input', inputs: [], height, width, channels, ...(recipe && { recipe }) });
  }

  /** @param options.threshold one for each channel; absent: 0. */
  sign(x: Value, options: { threshold?: Float32Array; zeroRule?: ZeroRule; sourceZeroRule?: ZeroRule } = {}): Value {
    const { threshold, zeroRule = 'plus', sourceZeroRule = 'zero' } = options;
    const tensor = threshold && { threshold: this.#vector(threshold) };
    return this.#push({ op: 'sign', inputs: [x], zeroRule, sourceZeroRule, ...tensor });
  }

  /** @param weights (O, kh, kw, I / groups), channel fastest. */
  conv(x: Value, weights: Tensor, options: ConvOptions = {}): Value {
    const { name, stride, dilation, groups = 1, pad } = options;
    return this.#push({
      op: 'conv',
      inputs: [x],
      weights: this.#tensor(weights),
      groups,
      stride: size2(stride),
      dilation: size2(dilation),
      pads: padsOf(pad),
      ...(name !== undefined && { name }),
    });
  }

  /** @param weights (O, 1, 1, I). */
  linear(x: Value, weights: Tensor, options: { name?: string } = {}): Value {
    return this.#push({ op: 'linear', inputs: [x], weights: this.#tensor(weights), ...options });
  }

  /** y = x * scale[c] + bias[c]. */
  affine(x: Value, scale: Float32Array, bias: Float32Array = new Float32Array(scale.length)): Value {
    return this.node('affine', [x], { coefficients: twoRows(scale, bias) });
  }

  /** @param bias f32 (1, row classes, column classes, C). */
  borderBias(x: Value, bias: Tensor, topRows: number, leftColumns: number): Value {
    return this.node('borderBias', [x], { bias, topRows, leftColumns });
  }

  add(x: Value, y: Value): Value {
    return this.#push({ op: 'add', inputs: [x, y] });
  }

  clip(x: Value, lo: number, hi: number): Value {
    return this.#push({ op: 'clip', inputs: [x], lo, hi });
  }

  relu(x: Value): Value {
    return this.clip(x, 0, Number.POSITIVE_INFINITY);
  }

  hardtanh(x: Value): Value {
    return this.clip(x, -1, 1);
  }

  /** y = x * negative[c] for x < 0, x * positive[c] otherwise; PReLU has positive = 1. */
  prelu(x: Value, negative: Float32Array, positive: Float32Array = new Float32Array(negative.length).fill(1)): Value {
    return this.node('prelu', [x], { slopes: twoRows(negative, positive) });
  }

  maxPool(x: Value, window: Sides, options: PoolOptions = {}): Value {
    return this.#pool('maxPool', x, window, options);
  }

  avgPool(x: Value, window: Sides, options: PoolOptions = {}): Value {
    return this.#pool('avgPool', x, window, options);
  }

  globalAvgPool(x: Value): Value {
    return this.#push({ op: 'globalAvgPool', inputs: [x] });
  }

  padChannels(x: Value, before: number, after: number): Value {
    return this.#push({ op: 'padChannels', inputs: [x], before, after });
  }

  sliceSpatial(x: Value, step: Sides, start: Size2 = { height: 0, width: 0 }): Value {
    return this.#push({ op: 'sliceSpatial', inputs: [x], start, step: size2(step) });
  }

  concat(...maps: readonly Value[]): Value {
    return this.#push({ op: 'concat', inputs: [...maps] });
  }

  /** (H, W, C) to (1, 1, H * W * C), channels fastest. */
  flatten(x: Value): Value {
    return this.#push({ op: 'flatten', inputs: [x] });
  }

  softmax(x: Value, options: { log?: boolean } = {}): Value {
    return this.#push({ op: 'softmax', inputs: [x], log: options.log ?? false });
  }

  /** Subtracts the mean of the sample's whole map. */
  sampleMean(x: Value): Value {
    return this.#push({ op: 'sampleMean', inputs: [x] });
  }

  /** Multiplies each channel of a map by an element of a vector that the graph computes. */
  scale(x: Value, factors: Value): Value {
    return this.node('scale', [x, factors], {});
  }

  multiply(x: Value, y: Value): Value {
    return this.node('multiply', [x, y], {});
  }

  sigmoid(x: Value): Value {
    return this.node('sigmoid', [x], {});
  }

  /** Adds a node of any operation, even one without a method here. @param attributes all of them, since only the methods have defaults. */
  node<Op extends Exclude<Operation, 'input'>>(op: Op, inputs: readonly Value[], attributes: AttributesOf<Op>): Value {
    const node = { op, inputs: [...inputs], ...attributes } as object as GraphNode;
    const [key] = tensorField(node) ?? [];
    const tensor = key && (attributes as Readonly<Record<string, Tensor | undefined>>)[key];
    return this.#push(tensor ? { ...node, [key]: this.#tensor(tensor) } : node);
  }

  /** The shape of a value, which may determine what comes next. @throws {SignwaveError} `E_GRAPH` if the graph so far has no meaning. */
  shapeOf(x: Value): MapShape {
    this.#inference.extend({ nodes: this.#nodes, tensors: this.#tensors });
    return this.#inference.shapes[x]!;
  }

  /** @throws {SignwaveError} `E_GRAPH` or `E_FORMAT_LIMIT`, see {@link inferShapes}. */
  build(): Graph {
    const graph = { nodes: [...this.#nodes], tensors: [...this.#tensors] };
    inferShapes(graph);
    return graph;
  }

  #push(node: GraphNode): Value {
    return (this.#nodes.push(node) - 1) as Value;
  }

  /** Gives the index of a tensor. One that several nodes use is stored only once. */
  #tensor(tensor: Tensor): number {
    const known = this.#indices.get(tensor);
    if (known !== undefined) return known;
    const index = this.#tensors.push(tensor) - 1;
    this.#indices.set(tensor, index);
    return index;
  }

  #vector(values: Float32Array): number {
    return this.#tensor(f32Tensor([1, 1, 1, values.length], values));
  }

  #pool(op: 'maxPool' | 'avgPool', x: Value, window: Sides, options: PoolOptions): Value {
    const { stride = window, pad, ceilMode = false, countPads = op === 'avgPool' } = options;
    return this.#push({
      op,
      inputs: [x],
      window: size2(window),
      stride: size2(stride),
      pads: padsOf(pad),
      ceilMode,
      countPads,
    });
  }
}

/** Joins two vectors of the same length into a tensor (2, 1, 1, C). */
function twoRows(first: Float32Array, second: Float32Array): Tensor {
  const values = new Float32Array(first.length * 2);
  values.set(first);
  values.set(second, first.length);
  return f32Tensor([2, 1, 1, first.length], values);
}

function size2(sides: Sides | undefined): Size2 {
  if (sides === undefined) return ONE;
  return typeof sides === 'number' ? { height: sides, width: sides } : sides;
}

function padsOf(pad: number | Pads | undefined): Pads {
  if (pad === undefined) return NO_PADS;
  return typeof pad === 'number' ? { top: pad, left: pad, bottom: pad, right: pad } : pad;
}
