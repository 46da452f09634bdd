import type { Architecture } from '../architecture.js';
import { binConv, binLinear, CLAMPED_NORM, XNOR_NORM } from '../methods/xnornet.js';

/** LeNet-5 for MNIST (MNIST/models/LeNet_5.py of github.com/jiecaoyu/XNOR-Net-PyTorch). The first and the last layer are float. */
export const xnorNetLenet: Architecture = {
  name: 'lenet5',
  method: 'xnornet',
  needsOmega0: false,
  preprocess: { channelOrder: 'gray', divisor: 255, mean: [0.1307], std: [0.3081] },
  classifier: 'ip2',
  build(g) {
    let x = g.image(28, 28, 1);
    x = g.floatConv(x, 'conv1', { outChannels: 20, kernel: 5, hasBias: true });
    x = g.maxPool(g.relu(g.batchNorm(x, 'bn_conv1', { ...XNOR_NORM, isAffine: false })), 2);
    x = g.maxPool(binConv(g, x, 'bin_conv2', { outChannels: 50, kernel: 5, pad: 0, norm: CLAMPED_NORM }), 2);
    g.floatLinear(binLinear(g, x, 'bin_ip1', 500, CLAMPED_NORM), 'ip2', g.classes);
  },
};
