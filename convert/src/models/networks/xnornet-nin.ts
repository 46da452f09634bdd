import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import type { NetworkBuilder } from '../network-builder.js';

/** XNOR-Net-PyTorch gives its batch norms an epsilon of their own, and clamps their gamma in `forward`. */
const NORM = { epsilon: 1e-4, minGamma: 0.01 };
const PLAIN_NORM = { epsilon: 1e-4, isAffine: false };

/**
 * The Network in Network of XNOR-Net-PyTorch for CIFAR (CIFAR_10/models/nin.py of github.com/jiecaoyu/XNOR-Net-PyTorch). The first and the last
 * convolution are float. Its images are whitened beforehand, so there is no recipe.
 */
export const xnorNetNin: Architecture = {
  name: 'nin',
  method: 'xnornet',
  needsOmega0: false,
  preprocess: 'none',
  classifier: 'xnor.13',
  build(g) {
    let x = g.image(32, 32, 3);
    x = g.floatConv(x, 'xnor.0', { outChannels: 192, kernel: 5, pad: 2, hasBias: true });
    x = g.relu(g.batchNorm(x, 'xnor.1', PLAIN_NORM));
    x = binConv(g, x, 'xnor.3', 160, 1);
    x = binConv(g, x, 'xnor.4', 96, 1);
    x = g.maxPool(x, 3, { stride: 2, pad: 1 });
    x = binConv(g, x, 'xnor.6', 192, 5);
    x = binConv(g, x, 'xnor.7', 192, 1);
    x = binConv(g, x, 'xnor.8', 192, 1);
    x = g.avgPool(x, 3, { stride: 2, pad: 1 });
    x = binConv(g, x, 'xnor.10', 192, 3);
    x = binConv(g, x, 'xnor.11', 192, 1);
    x = g.batchNorm(x, 'xnor.12', PLAIN_NORM);
    x = g.floatConv(x, 'xnor.13', { outChannels: g.classes, kernel: 1, hasBias: true });
    g.avgPool(g.relu(x), 8, { stride: 1 });
  },
};

/** `BinConv2d`: batch norm before the signs, convolution with a bias, ReLU. */
function binConv(g: NetworkBuilder, x: Value, name: string, outChannels: number, kernel: number): Value {
  const norm = g.batchNorm(x, `${name}.bn`, NORM);
  return g.relu(g.binaryConv(norm, `${name}.conv`, { outChannels, kernel, weights: 'xnornet', hasBias: true }));
}
