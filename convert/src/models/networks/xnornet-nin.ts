import type { Architecture } from '../architecture.js';
import { binConv, CLAMPED_NORM, XNOR_NORM } from '../methods/xnornet.js';

const PLAIN_NORM = { ...XNOR_NORM, isAffine: false };

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
    const unit = (name: string, outChannels: number, kernel: number) =>
      binConv(g, x, name, { outChannels, kernel, norm: CLAMPED_NORM });
    x = g.floatConv(x, 'xnor.0', { outChannels: 192, kernel: 5, pad: 2, hasBias: true });
    x = g.relu(g.batchNorm(x, 'xnor.1', PLAIN_NORM));
    x = unit('xnor.3', 160, 1);
    x = unit('xnor.4', 96, 1);
    x = g.maxPool(x, 3, { stride: 2, pad: 1 });
    x = unit('xnor.6', 192, 5);
    x = unit('xnor.7', 192, 1);
    x = unit('xnor.8', 192, 1);
    x = g.avgPool(x, 3, { stride: 2, pad: 1 });
    x = unit('xnor.10', 192, 3);
    x = unit('xnor.11', 192, 1);
    x = g.batchNorm(x, 'xnor.12', PLAIN_NORM);
    x = g.floatConv(x, 'xnor.13', { outChannels: g.classes, kernel: 1, hasBias: true });
    g.avgPool(g.relu(x), 8, { stride: 1 });
  },
};
