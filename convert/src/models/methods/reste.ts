import type { MethodConv } from '../residual-block.js';

/**
 * `BinarizeConv2d` of github.com/DravenALG/ReSTE (model/binary_module/binarized_modules.py): signs of activations and weights, times the mean
 * magnitude of all the layer's weights.
 */
export const resteConv: MethodConv = (g, x, name, options) => g.binaryConv(x, name, { ...options, weights: 'reste' });

/** The same with the option `--a32`, which leaves activations floats. */
export const resteFloatActivationConv: MethodConv = (g, x, name, options) =>
  g.binaryConv(x, name, { ...options, weights: 'reste', keepsFloats: true });

/** How networks with float activations were trained, as an architecture's `onlyIfNamed`. */
export const A32_OPTION = 'it was trained with the option --a32';
