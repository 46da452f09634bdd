import { batchNorm } from '../layers/batch-norm.js';
import { binaryConvolution } from '../layers/binary-convolution.js';
import { convolution, type Layer } from '../layers/convolution.js';
import { constant } from '../layers/initialisers.js';
import { avgPool, everyNth, padChannels } from '../layers/pools.js';
import type { Tensor4D, Tf } from '../types.js';
import type { UnitContext } from './unit.js';

export interface BlockShape {
  readonly inChannels: number;
  readonly channels: number;
  readonly stride: number;
}

/** Declares the way around a block that halves the map or changes its channels. @param name of its modules: `layer2.0.shortcut`. */
export function shortcut(context: UnitContext, name: string, { inChannels, channels, stride }: BlockShape): Layer {
  const { store, style, precision, quantizers } = context;
  const { tf } = store;
  if (stride === 1 && inChannels === channels) return (x) => x;
  const mean = (x: Tensor4D): Tensor4D => (stride === 1 ? x : avgPool(tf, x, 2));
  if (style.shortcut === 'average-pad') return (x) => withChannels(tf, mean(x), channels);
  if (style.shortcut === 'slice-pad') return (x) => withChannels(tf, everyNth(tf, x, stride), channels);

  const isStrided = style.shortcut === 'conv' || style.shortcut === 'binary-conv';
  const shape = { inChannels, outChannels: channels, kernel: 1, stride: isStrided ? stride : 1 };
  const project =
    style.shortcut === 'binary-conv' && precision !== 'float'
      ? binaryConvolution(store, `${name}.0`, shape, quantizers)
      : convolution(store, `${name}.0`, shape);
  const normalise = batchNorm(store, `${name}.1`, channels, { scale: constant(style.normScale) });
  return (x, training) => {
    const from = style.shortcut === 'average-conv' ? mean(x) : x;
    const projected = normalise(project(from, training), training);
    return style.shortcut === 'conv-average' ? mean(projected) : projected;
  };
}

/** Adds channels of zeros, half of them before and half after the map's. */
function withChannels(tf: Tf, x: Tensor4D, channels: number): Tensor4D {
  const missing = channels - x.shape[3];
  return missing === 0 ? x : padChannels(tf, x, missing / 2, missing / 2);
}
