import type { MethodConv } from '../residual-block.js';

/**
 * `BinarizeConv2d` of github.com/DravenALG/ReSTE (model/binary_module/binarized_modules.py): signs of activations and weights, times the mean
 * magnitude of all the layer's weights. With its option `--a32` activations stay floats; nothing in a checkpoint tells.
 */
export const resteConv: MethodConv = (g, x, name, options) => g.binaryConv(x, name, { ...options, weights: 'reste' });
