import type { Value } from '@signwave/format';
import type { BatchNormOptions, NetworkBuilder } from '../network-builder.js';

/** The epsilon that XNOR-Net-PyTorch gives its batch norms. */
export const XNOR_NORM: BatchNormOptions = { epsilon: 1e-4 };

/** The networks that clamp every gamma in `forward`. */
export const CLAMPED_NORM: BatchNormOptions = { ...XNOR_NORM, minGamma: 0.01 };

export interface BinConvOptions {
  readonly outChannels: number;
  readonly kernel: number;
  readonly pad?: number;
  readonly norm: BatchNormOptions;
}

/** `BinConv2d` of github.com/jiecaoyu/XNOR-Net-PyTorch: batch norm before the signs, convolution with a bias, ReLU. */
export function binConv(g: NetworkBuilder, x: Value, name: string, { norm, ...options }: BinConvOptions): Value {
  const bits = g.batchNorm(x, `${name}.bn`, norm);
  return g.relu(g.binaryConv(bits, `${name}.conv`, { ...options, weights: 'xnornet', hasBias: true }));
}

/** The same with `Linear=True`: a linear layer in place of the convolution. */
export function binLinear(g: NetworkBuilder, x: Value, name: string, outputs: number, norm: BatchNormOptions): Value {
  const bits = g.batchNorm(x, `${name}.bn`, norm);
  return g.relu(g.binaryLinear(bits, `${name}.linear`, outputs, { weights: 'xnornet' }));
}
