import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { biperCifarConv } from '../methods/biper.js';
import { irNetConv } from '../methods/irnet.js';
import { rbnnConv } from '../methods/rbnn.js';
import { recuConv } from '../methods/recu.js';
import { A32_OPTION, resteConv, resteFloatActivationConv } from '../methods/reste.js';
import type { NetworkBuilder } from '../network-builder.js';
import type { MethodConv } from '../residual-block.js';

/** The binary convolutions after the stem: output channels, and whether each has a 2 x 2 max pool. */
const CONVOLUTIONS = [
  { outChannels: 128, pools: true },
  { outChannels: 256, pools: false },
  { outChannels: 256, pools: true },
  { outChannels: 512, pools: false },
  { outChannels: 512, pools: true },
] as const;

interface Variant {
  readonly method: string;
  /** Default: vgg_small_1w1a. */
  readonly name?: string;
  readonly needsOmega0?: boolean;
  readonly onlyIfNamed?: Architecture['onlyIfNamed'];
  readonly conv: MethodConv;
  /** What follows the sums of convolution `index`. */
  readonly finish: (g: NetworkBuilder, x: Value, index: number, pools: boolean) => Value;
}

/** A float stem, five binary convolutions, a float classifier on the flattened map: cifar10/models_cifar/vgg.py of BiPer, and its kin. */
function vggSmall(variant: Variant): Architecture {
  const { name = 'vgg_small_1w1a', method, needsOmega0 = false, onlyIfNamed, conv, finish } = variant;
  return {
    name,
    method,
    needsOmega0,
    ...(onlyIfNamed && { onlyIfNamed }),
    preprocess: 'cifar10',
    classifier: 'fc',
    build(g) {
      let x = g.image(32, 32, 3);
      x = finish(g, g.floatConv(x, 'conv0', { outChannels: 128, kernel: 3, pad: 1 }), 0, false);
      CONVOLUTIONS.forEach(({ outChannels, pools }, i) => {
        x = finish(g, conv(g, x, `conv${i + 1}`, { outChannels }), i + 1, pools);
      });
      g.floatLinear(x, 'fc', g.classes);
    },
  };
}

/**
 * The pool lies between the learned scale and the batch norm, so these two are not folded into one: if the scale is negative, the largest
 * product is the smallest sum.
 */
const poolNormHardtanh: Variant['finish'] = (g, x, index, pools) =>
  g.hardtanh(g.batchNorm(pools ? g.maxPool(x, 2) : x, `bn${index}`));

const reluNormPool: Variant['finish'] = (g, x, index, pools) => {
  const y = g.batchNorm(g.relu(x), `bn${index}`);
  return pools ? g.maxPool(y, 2) : y;
};

const reste = { method: 'reste', finish: reluNormPool } as const;

export const vggSmalls: readonly Architecture[] = [
  vggSmall({ method: 'biper', needsOmega0: true, conv: biperCifarConv, finish: poolNormHardtanh }),
  vggSmall({ method: 'recu', conv: recuConv, finish: poolNormHardtanh }),
  vggSmall({ method: 'irnet', conv: irNetConv, finish: poolNormHardtanh }),
  vggSmall({ method: 'rbnn', conv: rbnnConv, finish: poolNormHardtanh }),
  vggSmall({ ...reste, conv: resteConv }),
  vggSmall({ ...reste, name: 'vgg_small_1w32a', conv: resteFloatActivationConv, onlyIfNamed: A32_OPTION }),
];
