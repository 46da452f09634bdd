import {
  f32Tensor,
  GraphBuilder,
  type MapShape,
  OPERATIONS,
  type Operation,
  packBits,
  type Tensor,
  type TensorShape,
  type Value,
} from '@signwave/format';
import { Reference } from '../src/index.js';

/** Output of a graph of an input and what `build` adds, for one input given as floats (H, W, C). */
export function runOn(shape: MapShape, input: ArrayLike<number>, build: (g: GraphBuilder, x: Value) => void): number[] {
  const g = new GraphBuilder();
  build(g, g.input(shape));
  return Array.from(new Reference(g.build()).run(Float32Array.from(input)));
}

/** As {@link runOn}, on a vector (1, 1, C). */
export function runOnVector(input: ArrayLike<number>, build: (g: GraphBuilder, x: Value) => void): number[] {
  return runOn({ height: 1, width: 1, channels: input.length }, input, build);
}

export function vector(...values: number[]): Float32Array {
  return Float32Array.from(values);
}

export function tensor(shape: TensorShape, values: ArrayLike<number>): Tensor {
  return f32Tensor(shape, Float32Array.from(values));
}

/** A tensor of bits from values of any size: +1 where they are positive. */
export function bits(shape: TensorShape, values: ArrayLike<number>): Tensor {
  return { dtype: 'bits', shape, data: packBits(values.length, (i) => values[i]! > 0) };
}

/** `count` float32 values in -1..1. */
export function randomFloats(count: number, next: () => number): Float32Array {
  return Float32Array.from({ length: count }, () => next() * 2 - 1);
}

/** `count` values, each +1 or -1. */
export function randomSigns(count: number, next: () => number): Float32Array {
  return Float32Array.from({ length: count }, () => (next() < 0.5 ? -1 : 1));
}

/** Operations that random graphs draw in ways of their own, which make them likely, exact or bounded. */
const OF_THEIR_OWN: readonly Operation[] = [
  ...([
    'input',
    'sign',
    'conv',
    'linear',
    'affine',
    'borderBias',
    'add',
    'clip',
    'prelu',
    'maxPool',
    'avgPool',
  ] as const),
  ...(['globalAvgPool', 'padChannels', 'sliceSpatial', 'concat', 'flatten', 'softmax', 'scale'] as const),
];

/** A map times what a sigmoid makes of its means, as in squeeze-and-excitation. */
export function drawScale(g: GraphBuilder, x: Value, numbers: (count: number) => Float32Array): Value {
  const { channels } = g.shapeOf(x);
  return g.scale(x, g.sigmoid(g.affine(g.globalAvgPool(x), numbers(channels), numbers(channels))));
}

/** All others, which {@link drawByRow} draws. */
export const BY_ROW = (Object.keys(OPERATIONS) as Exclude<Operation, 'input'>[]).filter(
  (op) => !OF_THEIR_OWN.includes(op),
);

/**
 * A node of an operation, as its row has it: operands of one shape, floats and tensors from `numbers`, other attributes as they are where the file
 * doesn't say them.
 */
export function drawByRow(
  g: GraphBuilder,
  op: Exclude<Operation, 'input'>,
  x: Value,
  numbers: (count: number) => Float32Array,
): Value {
  const { channels } = g.shapeOf(x);
  const row = OPERATIONS[op];
  const count = typeof row.operands === 'number' ? row.operands : 1;
  const inputs = Array.from({ length: count }, (_, i) =>
    i === 0 ? x : g.affine(x, numbers(channels), numbers(channels)),
  );
  const fields = Object.entries<{ tensor?: { rows?: number }; least?: number; absent?: unknown }>(row.fields);
  const attributes = fields.map(([key, { tensor: rule, least, absent }]) => {
    if (rule) return [key, tensor([rule.rows!, 1, 1, channels], numbers(rule.rows! * channels))];
    return [key, typeof absent === 'number' && least === undefined ? Math.fround(absent + numbers(1)[0]!) : absent];
  });
  return g.node(op, inputs, Object.fromEntries(attributes));
}
