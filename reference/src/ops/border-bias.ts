import type { BorderBiasNode, TensorShape } from '@signwave/format';
import { type FeatureMap, zeroMap } from '../feature-map.js';

/**
 * y = fround(x + bias[rowClass, columnClass, c]) (SPEC.md 4.7).
 *
 * @param bias values of shape (1, row classes, column classes, channels).
 */
export function borderBias(
  x: FeatureMap,
  bias: Float32Array,
  [, rowClasses, columnClasses]: TensorShape,
  { topRows, leftColumns }: Pick<BorderBiasNode, 'topRows' | 'leftColumns'>,
): FeatureMap {
  const y = zeroMap(x);
  const { channels } = x;
  let at = 0;
  for (let row = 0; row < x.height; row++) {
    const rowClass = borderClass(row, x.height, rowClasses, topRows);
    for (let column = 0; column < x.width; column++) {
      const columnClass = borderClass(column, x.width, columnClasses, leftColumns);
      const from = (rowClass * columnClasses + columnClass) * channels;
      for (let c = 0; c < channels; c++, at++) y.data[at] = Math.fround(x.data[at]! + bias[from + c]!);
    }
  }
  return y;
}

/** The class of place `at` of `size`: the first `first` classes are places at the start, the next is all of the interior, and the others are places at the end. */
function borderClass(at: number, size: number, classes: number, first: number): number {
  const fromEnd = size - at;
  if (at < first) return at;
  return fromEnd <= classes - 1 - first ? classes - fromEnd : first;
}
