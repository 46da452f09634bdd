import type { Architecture } from '../architecture.js';
import { ACTIVATION_BITS, dorefaActivations, UNKNOWN_BITS } from '../methods/dorefa.js';

/**
 * AlexNet for ImageNet of github.com/zzzxxxttt/pytorch_DoReFaNet (nets/imgnet_alexnet.py). The first and the last layer have float weights, and
 * the activations of the second convolution are floats with every number of bits.
 */
function dorefaAlexnet(bits: number): Architecture {
  return {
    name: `alexnet_1w${bits}a`,
    method: 'dorefa',
    needsOmega0: false,
    mustBeNamed: UNKNOWN_BITS,
    preprocess: 'imagenet',
    classifier: 'classifier.6',
    build(g) {
      let x = g.image(224, 224, 3);
      x = g.floatConv(x, 'features.0', { outChannels: 96, kernel: 11, stride: 4, pad: 2, hasBias: true });
      x = g.maxPool(g.batchNorm(x, 'features.1'), 3, { stride: 2 });
      x = dorefaActivations(g, x, 32).conv('features.4', { outChannels: 256, kernel: 5, hasBias: true });
      x = g.maxPool(g.batchNorm(x, 'features.5'), 3, { stride: 2 });
      for (const [index, outChannels] of [
        [9, 384],
        [12, 384],
        [15, 256],
      ] as const) {
        x = dorefaActivations(g, x, bits).conv(`features.${index}`, { outChannels, hasBias: true });
      }
      x = g.maxPool(x, 3, { stride: 2 });
      for (const index of [0, 3]) x = dorefaActivations(g, x, bits).linear(`classifier.${index}`, 4096);
      g.floatLinear(dorefaActivations(g, x, bits).floats(), 'classifier.6', g.classes);
    },
  };
}

export const dorefaAlexnets: readonly Architecture[] = ACTIVATION_BITS.map(dorefaAlexnet);
