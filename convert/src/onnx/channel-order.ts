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
 * (N, H, W, C) to (N, C, H, W): maps and filters from the order of the format to that of ONNX.
 *
 * @param count N: of maps, or of filters.
 */
export function channelsFirst(values: Float32Array, channels: number, count = 1): Float32Array {
  const result = new Float32Array(values.length);
  const pixels = values.length / (count * channels);
  for (let n = 0; n < count; n++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let c = 0; c < channels; c++) {
        result[(n * channels + c) * pixels + pixel] = values[(n * pixels + pixel) * channels + c]!;
      }
    }
  }
  return result;
}
