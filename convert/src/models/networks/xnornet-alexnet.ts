import type { Architecture } from '../architecture.js';
import { binConv, binLinear, XNOR_NORM } from '../methods/xnornet.js';

const LAST_EPSILON = 1e-3;

/**
 * AlexNet for ImageNet (ImageNet/networks/model_list/alexnet.py of github.com/jiecaoyu/XNOR-Net-PyTorch). The first and the last layer are
 * float. Its images are first resized to 256 x 256 whatever their shape, then cropped. No recipe can do that, so inputs have to be
 * preprocessed.
 */
export const xnorNetAlexnet: Architecture = {
  name: 'alexnet',
  method: 'xnornet',
  needsOmega0: false,
  preprocess: 'none',
  classifier: 'classifier.4',
  build(g) {
    const norm = XNOR_NORM;
    let x = g.image(227, 227, 3);
    x = g.floatConv(x, 'features.0', { outChannels: 96, kernel: 11, stride: 4, hasBias: true });
    x = g.maxPool(g.relu(g.batchNorm(x, 'features.1', norm)), 3, { stride: 2 });
    x = g.maxPool(binConv(g, x, 'features.4', { outChannels: 256, kernel: 5, norm }), 3, { stride: 2 });
    x = binConv(g, x, 'features.6', { outChannels: 384, kernel: 3, norm });
    x = binConv(g, x, 'features.7', { outChannels: 384, kernel: 3, norm });
    x = g.maxPool(binConv(g, x, 'features.8', { outChannels: 256, kernel: 3, norm }), 3, { stride: 2 });
    x = binLinear(g, x, 'classifier.0', 4096, { ...norm, isFlat: true });
    x = binLinear(g, x, 'classifier.1', 4096, norm);
    x = g.batchNorm(x, 'classifier.2', { epsilon: LAST_EPSILON });
    g.floatLinear(x, 'classifier.4', g.classes);
  },
};
