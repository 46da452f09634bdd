import type { Architecture } from './architecture.js';
import { biperConv } from './biper-layers.js';
import { batchNorm, floatConv, linear } from './torch-layers.js';

/** The binary convolutions after the stem: output channels, and whether a 2 x 2 max pool follows. */
const CONVOLUTIONS = [
  { outChannels: 128, pools: true },
  { outChannels: 256, pools: false },
  { outChannels: 256, pools: true },
  { outChannels: 512, pools: false },
  { outChannels: 512, pools: true },
] as const;

/**
 * BiPer's VGG-small for CIFAR (cifar10/models_cifar/vgg.py of github.com/edmav4/BiPer). Pools lie after the learned scale alpha and
 * before the batch norm, so the two are not folded into one there: where alpha is negative, the largest product is the smallest sum.
 */
export const biperVggSmall: Architecture = {
  name: 'vgg_small_1w1a',
  method: 'biper',
  needsOmega0: true,
  preprocess: 'cifar10',
  classifier: 'fc',
  build(g, state, { omega0, recipe, classes }) {
    let x = g.input({ height: 32, width: 32, channels: 3 }, recipe);
    x = floatConv(g, state, x, 'conv0', { outChannels: 128, kernel: 3, pad: 1 });
    x = g.hardtanh(batchNorm(g, state, x, 'bn0'));
    CONVOLUTIONS.forEach(({ outChannels, pools }, i) => {
      x = biperConv(g, state, x, `conv${i + 1}`, { omega0, outChannels, hasBeta: true });
      if (pools) x = g.maxPool(x, 2);
      x = g.hardtanh(batchNorm(g, state, x, `bn${i + 1}`));
    });
    linear(g, state, x, 'fc', classes);
  },
};
