import { type BorderBiasNode, classesOfPositions, type TensorShape } from '@signwave/format';
import { type FeatureMap, zeroMap } from '../feature-map.js';

/**
 * y = fround(x + bias[rowClass, columnClass, c]) (SPEC.md 4.7).
 *
 * @param bias values of `shape` (1, row classes, column classes, channels).
 */
export function borderBias(
  x: FeatureMap,
  bias: Float32Array,
  shape: TensorShape,
  node: Pick<BorderBiasNode, 'topRows' | 'leftColumns'>,
): FeatureMap {
  const y = zeroMap(x);
  const { channels } = x;
  const { rows, columns } = classesOfPositions(node, shape, x);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * shape[2] + column) * channels;
      for (let c = 0; c < channels; c++, at++) y.data[at] = Math.fround(x.data[at]! + bias[from + c]!);
    }
  }
  return y;
}
