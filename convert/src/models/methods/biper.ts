import type { Value } from '@signwave/format';
import type { NetworkBuilder } from '../network-builder.js';
import type { MethodConv, MethodConvOptions } from '../residual-block.js';

/**
 * `BinarizeConv2d` of github.com/edmav4/BiPer (modules/binarized_modules.py) in evaluation: sign of the activations, sign of the wave of the
 * weights, then the learned scale alpha per output channel. `beta` and `tau` only matter in training.
 */
function conv(
  g: NetworkBuilder,
  x: Value,
  name: string,
  options: MethodConvOptions & { readonly keepsFloats?: boolean; readonly hasBeta?: boolean },
): Value {
  const { hasBeta = false, ...rest } = options;
  const y = g.binaryConv(x, name, { ...rest, weights: 'biper' });
  if (hasBeta) g.state.skip(`${name}.beta`, [[options.outChannels, 1, 1]]);
  g.state.skip(`${name}.tau`, [[1], []], { isOptional: true });
  return g.learnedScale(y, `${name}.alpha`, [options.outChannels, 1, 1]);
}

/** The version for CIFAR has a tensor `beta`, which only training uses. */
export const biperCifarConv: MethodConv = (g, x, name, options) => conv(g, x, name, { ...options, hasBeta: true });

/** `BinarizeConv2d_32a`: activations stay floats. */
export const biperFloatActivationConv: MethodConv = (g, x, name, options) =>
  conv(g, x, name, { ...options, keepsFloats: true });

export const biperImagenetConv: MethodConv = conv;
