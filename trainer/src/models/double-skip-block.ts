import type { ConvolutionShape, Layer } from '../layers/convolution.js';
import type { Tensor4D } from '../types.js';

export interface BlockShape {
  readonly inChannels: number;
  readonly channels: number;
  readonly stride: number;
}

/** What networks of such blocks differ in. Names are those of PyTorch's state dict. */
export interface DoubleSkipLayers {
  convolve(name: string, shape: ConvolutionShape): Layer;
  normalise(name: string, channels: number): Layer;
  /** The way around the first convolution, which may halve the map and add channels. */
  shortcut(name: string, shape: BlockShape): Layer;
  /** The sum of what a convolution gave and what went around it, and the nonlinearity behind it. */
  join(x: Tensor4D, around: Tensor4D): Tensor4D;
}

/** Two 3 x 3 convolutions, each with a shortcut of its own around it; the first has the block's stride. */
export function doubleSkipBlock(name: string, shape: BlockShape, layers: DoubleSkipLayers): Layer {
  const { inChannels, channels, stride } = shape;
  const { convolve, normalise, join } = layers;
  const conv1 = convolve(`${name}.conv1`, { inChannels, outChannels: channels, kernel: 3, stride, pad: 1 });
  const bn1 = normalise(`${name}.bn1`, channels);
  const conv2 = convolve(`${name}.conv2`, { inChannels: channels, outChannels: channels, kernel: 3, pad: 1 });
  const bn2 = normalise(`${name}.bn2`, channels);
  const shortcut = layers.shortcut(name, shape);
  return (x, training) => {
    const around = shortcut(x, training);
    const y = join(bn1(conv1(x, training), training), around);
    return join(bn2(conv2(y, training), training), y);
  };
}
