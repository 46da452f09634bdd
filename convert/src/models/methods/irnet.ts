import type { MethodConv } from '../residual-block.js';

/**
 * `IRConv2d` of github.com/htqin/IR-Net (modules/ir_1w1a.py) in evaluation: sign of the activations, sign of the standardised weights times a
 * power of two per output channel, which is computed from them.
 */
export const irNetConv: MethodConv = (g, x, name, options) => g.binaryConv(x, name, { ...options, weights: 'irnet' });

/** The same of ir_1w32a.py: activations stay floats. */
export const irNetFloatActivationConv: MethodConv = (g, x, name, options) =>
  g.binaryConv(x, name, { ...options, weights: 'irnet', keepsFloats: true });
