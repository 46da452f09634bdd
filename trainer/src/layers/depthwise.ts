import type { Tensor, Tensor2D, Tensor4D, Tf } from '../types.js';
import type { Layer } from './convolution.js';
import { glorotUniformEach } from './initialisers.js';
import type { LayerStore } from './layer-store.js';
import { samePads } from './same-pads.js';

// layers/depthwise.ts — 3 x 3 convolutions of each channel alone, with a stride of 2 and Keras's "same" pads.
//
// They are sums of nine maps times factors, because tfjs has no gradient of its depthwise convolution on wasm, nor of a slice with a stride
// anywhere. Each of the nine is a part of one of the four phases that a stride of 2 makes of a map.

const KERNEL = 3;
const STRIDE = 2;

/** A convolution of each channel with filters of its own, (C, 1, 3, 3) as in PyTorch. */
export function depthwise(store: LayerStore, name: string, channels: number): Layer {
  const { tf } = store;
  const weight = store.parameter(`${name}.weight`, [channels, 1, KERNEL, KERNEL], glorotUniformEach);
  return (x) => {
    const columns = tf.transpose(tf.reshape(weight, [channels, KERNEL * KERNEL])) as Tensor2D;
    return weighed(
      tf,
      x,
      tf.split(columns, KERNEL * KERNEL).map((factors) => tf.reshape(factors, [channels])),
    );
  };
}

/** Filters of a mean that is weighed by 1, 2, 1 in both directions: "blur pool". */
export const BLUR = [1, 2, 1, 2, 4, 2, 1, 2, 1].map((part) => part / 16);

/** Every channel by the same filter, {@link BLUR}. */
export function blur(tf: Tf, x: Tensor4D): Tensor4D {
  return weighed(tf, x, BLUR);
}

/** @param factors of the nine taps, row by row; one for all channels, or (C). */
function weighed(tf: Tf, x: Tensor4D, factors: readonly (Tensor | number)[]): Tensor4D {
  return taps(tf, x)
    .map((tap, i) => tf.mul(tap, factors[i]!) as Tensor4D)
    .reduce((sum, part) => tf.add(sum, part));
}

/** What each of the nine taps reads for all outputs, (N, ceil(H / 2), ceil(W / 2), C), row by row. */
function taps(tf: Tf, x: Tensor4D): Tensor4D[] {
  const [images, height, width, channels] = x.shape;
  const [rows, columns] = [Math.ceil(height / STRIDE), Math.ceil(width / STRIDE)];
  // One row and column more than the taps read makes each phase of all maps a rectangle.
  const pads = (size: number): [number, number] => {
    const [before] = samePads(size, { kernel: KERNEL, stride: STRIDE });
    return [before, STRIDE * (Math.ceil(size / STRIDE) + 1) - size - before];
  };
  const padded = tf.pad4d(x, [[0, 0], pads(height), pads(width), [0, 0]]);
  const pairs = tf.reshape(padded, [images * (rows + 1), STRIDE, columns + 1, STRIDE * channels]) as Tensor4D;
  const phases = [0, 1].map((y) =>
    [0, 1].map((x_) => {
      const phase = tf.slice4d(pairs, [0, y, 0, x_ * channels], [-1, 1, -1, channels]);
      return tf.reshape(phase, [images, rows + 1, columns + 1, channels]) as Tensor4D;
    }),
  );
  return Array.from({ length: KERNEL * KERNEL }, (_, i) => {
    const [y, x_] = [Math.floor(i / KERNEL), i % KERNEL];
    const start = (at: number): number => Math.floor(at / STRIDE);
    return tf.slice4d(phases[y % STRIDE]![x_ % STRIDE]!, [0, start(y), start(x_), 0], [-1, rows, columns, -1]);
  });
}
