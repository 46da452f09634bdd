import type * as Tfjs from '@tensorflow/tfjs';
import type { UnitNetwork } from '../layer-networks.js';
import type { TfjsNetwork } from './tfjs-network.js';

/**
 * The units in TensorFlow.js: a fused convolution with scale and bias folded into its filters, then a clip to -1 and +1, which it can't
 * fuse.
 *
 * @param network has no groups.
 */
export function tfjsUnits(tf: typeof Tfjs, { units, outputs, input }: UnitNetwork): TfjsNetwork {
  const { height, width, inChannels } = units[0]!.shape;
  const prepared = units.map(({ from, shape, weights, scale, bias }) => ({
    from,
    shape,
    bias: tf.tensor1d(bias),
    filters: tf.tidy(() => {
      const ours = tf.tensor4d(weights, [shape.outChannels, shape.kernel, shape.kernel, shape.inChannels]);
      return ours.transpose<Tfjs.Tensor4D>([1, 2, 3, 0]).mul<Tfjs.Tensor4D>(scale);
    }),
  }));
  return {
    run: () =>
      tf.tidy(() => {
        const image = tf.tensor4d(input, [1, height, width, inChannels]);
        const maps: Tfjs.Tensor4D[] = [];
        for (const { from, shape, filters, bias } of prepared) {
          const x = from < 0 ? image : maps[from]!;
          const sums = tf.fused.conv2d({ x, filter: filters, strides: shape.stride, pad: shape.pad, bias });
          maps.push(tf.clipByValue(sums, -1, 1));
        }
        const results = outputs.map((unit) => maps[unit]!);
        return (results.length > 1 ? tf.concat(results, 3) : results[0]!).dataSync<'float32'>();
      }),
    release: () => tf.dispose(prepared.flatMap(({ filters, bias }) => [filters, bias])),
  };
}
