import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { adaBinConv, adaBinFinish } from '../methods/adabin.js';
import { biperCifarConv } from '../methods/biper.js';
import { irNetConv } from '../methods/irnet.js';
import { rbnnConv } from '../methods/rbnn.js';
import { recuConv } from '../methods/recu.js';
import { A32_OPTION, resteConv, resteFloatActivationConv } from '../methods/reste.js';
import type { NetworkBuilder } from '../network-builder.js';
import {
  averagedShortcut,
  type MethodConv,
  normHardtanh,
  type ResidualStyle,
  reluNorm,
  residualBlock,
} from '../residual-block.js';

/** Channels of the four stages; each has two blocks. */
const WIDTHS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  resnet18_1w1a: [64, 128, 256, 512],
  resnet18A_1w1a: [32, 32, 64, 128],
  resnet18B_1w1a: [32, 64, 128, 256],
  resnet18C_1w1a: [64, 64, 128, 256],
};
const BLOCKS_PER_STAGE = 2;

/** What differs between the networks. */
interface Variant extends ResidualStyle {
  readonly method: string;
  readonly needsOmega0?: boolean;
  readonly onlyIfNamed?: Architecture['onlyIfNamed'];
  /** The shortcut of a block that halves the map or changes its channels. @param at prefix of the block's modules. */
  readonly shortcut: (g: NetworkBuilder, x: Value, at: string, channels: number, stride: number) => Value;
  /** Whether the stem ends like the blocks do; otherwise it ends with its batch norm. */
  readonly finishesStem?: boolean;
  readonly endsWithLogSoftmax?: boolean;
}

/** A float stem, blocks of two binary convolutions, a float classifier: cifar10/models_cifar/resnet2.py of BiPer, and its kin. */
function resnet18(name: string, variant: Variant, widths = WIDTHS.resnet18_1w1a!): Architecture {
  const { method, needsOmega0 = false, onlyIfNamed } = variant;
  return {
    name,
    method,
    needsOmega0,
    ...(onlyIfNamed && { onlyIfNamed }),
    preprocess: 'cifar10',
    classifier: 'linear',
    build(g) {
      let x = g.image(32, 32, 3);
      x = g.floatConv(x, 'conv1', { outChannels: widths[0], kernel: 3, pad: 1 });
      x = variant.finishesStem ? variant.finish(g, x, '', 1) : g.batchNorm(x, 'bn1');
      widths.forEach((outChannels, stage) => {
        for (let block = 0; block < BLOCKS_PER_STAGE; block++) {
          const stride = stage > 0 && block === 0 ? 2 : 1;
          const at = `layer${stage + 1}.${block}.`;
          const isSame = stride === 1 && g.shapeOf(x).channels === outChannels;
          const shortcut = isSame ? x : variant.shortcut(g, x, at, outChannels, stride);
          x = residualBlock(g, x, at, { outChannels, stride }, variant, shortcut);
        }
      });
      x = g.batchNorm(g.avgPool(x, 4), 'bn2');
      x = g.floatLinear(x, 'linear', g.classes);
      if (variant.endsWithLogSoftmax) g.softmax(x, { log: true });
    },
  };
}

/** A 1 x 1 convolution with a batch norm. */
const projection =
  (conv: (g: NetworkBuilder, x: Value, name: string, options: Projection) => Value): Variant['shortcut'] =>
  (g, x, at, outChannels, stride) =>
    g.batchNorm(conv(g, x, `${at}shortcut.0`, { outChannels, kernel: 1, stride }), `${at}shortcut.1`);
type Projection = { readonly outChannels: number; readonly kernel: number; readonly stride: number };
const floatProjection = projection((g, x, name, options) => g.floatConv(x, name, options));

const averaged: Variant['shortcut'] = (g, x, _, channels) => averagedShortcut(g, x, channels);
const blockwise = (conv: MethodConv) => ({ conv, skips: 'block', finish: normHardtanh }) as const;

const biper: Variant = { ...blockwise(biperCifarConv), method: 'biper', needsOmega0: true, shortcut: averaged };
const recu: Variant = { ...blockwise(recuConv), method: 'recu', shortcut: averaged };
const rbnn: Variant = { ...blockwise(rbnnConv), method: 'rbnn', shortcut: projection(rbnnConv) };
const reste = {
  method: 'reste',
  skips: 'block',
  finish: reluNorm,
  shortcut: floatProjection,
  finishesStem: true,
} as const;

export const resnet18s: readonly Architecture[] = [
  ...[biper, recu, rbnn].flatMap((variant) =>
    Object.entries(WIDTHS).map(([name, widths]) => resnet18(name, variant, widths)),
  ),
  resnet18('resnet18_1w1a', {
    ...blockwise(irNetConv),
    method: 'irnet',
    shortcut: floatProjection,
    endsWithLogSoftmax: true,
  }),
  resnet18('resnet18_1w1a', { ...reste, conv: resteConv }),
  resnet18('resnet18_1w32a', { ...reste, conv: resteFloatActivationConv, onlyIfNamed: A32_OPTION }),
  resnet18('resnet18_1w1a', {
    method: 'adabin',
    conv: adaBinConv,
    skips: 'conv',
    finish: adaBinFinish,
    shortcut: floatProjection,
    finishesStem: true,
  }),
];
