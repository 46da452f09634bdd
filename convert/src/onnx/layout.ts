import type { MapShape } from '@signwave/format';
import type { Dimension, OnnxGraph, ValueName } from './onnx-graph.js';

// Maps are (N, C, H, W) in the ONNX graph, as its operators ask for, except that every map (1, 1, C), a vector, is
// (N, C). What a map is follows from its shape alone.

export function isVector(shape: MapShape): boolean {
  return shape.height === 1 && shape.width === 1;
}

/** Dimensions of a map in the ONNX graph. A constant for each channel, broadcast over all pixels, has `batch` 1. */
export function dimensionsOf<Batch extends Dimension>(shape: MapShape, batch: Batch): (number | Batch)[] {
  return isVector(shape) ? [batch, shape.channels] : [batch, shape.channels, shape.height, shape.width];
}

/** Dimensions of a constant for each channel that has to be added to or multiplied with a map of `shape`. */
export function channelDimensions(shape: MapShape): number[] {
  return isVector(shape) ? [1, shape.channels] : [1, shape.channels, 1, 1];
}

/** The value of a map of `shape` as (N, C, H, W), for operators that take nothing else. */
export function asImage(onnx: OnnxGraph, value: ValueName, shape: MapShape): ValueName {
  if (!isVector(shape)) return value;
  return onnx.node('Reshape', [value, onnx.ints('shape', [0, shape.channels, 1, 1])]);
}

/** The inverse: an operator's (N, C, H, W) as a map of `shape` is kept. */
export function fromImage(onnx: OnnxGraph, value: ValueName, shape: MapShape): ValueName {
  return isVector(shape) ? onnx.node('Flatten', [value], { axis: 1 }) : value;
}

/**
 * (outer, height, width, inner) to (outer, inner, height, width): filters and maps from our order to that of ONNX.
 *
 * @param values row-major.
 */
export function innerFirst(
  values: Float32Array,
  [outer, height, width, inner]: readonly [number, number, number, number],
): Float32Array {
  const result = new Float32Array(values.length);
  const pixels = height * width;
  for (let o = 0; o < outer; o++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let i = 0; i < inner; i++) {
        result[(o * inner + i) * pixels + pixel] = values[(o * pixels + pixel) * inner + i]!;
      }
    }
  }
  return result;
}
