import {
  f32Tensor,
  GraphBuilder,
  type MapShape,
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
