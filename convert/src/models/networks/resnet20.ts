import type { MapShape, Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { adaBinConv, adaBinFinish } from '../methods/adabin.js';
import { biperCifarConv, biperFloatActivationConv } from '../methods/biper.js';
import { irNetConv, irNetFloatActivationConv } from '../methods/irnet.js';
import { rbnnConv } from '../methods/rbnn.js';
import { recuConv } from '../methods/recu.js';
import { A32_OPTION, resteConv, resteFloatActivationConv } from '../methods/reste.js';
import type { NetworkBuilder } from '../network-builder.js';
import {
  averagedShortcut,
  FLOAT_ACTIVATIONS,
  normHardtanh,
  normRelu,
  type ResidualStyle,
  reluNorm,
  residualBlock,
  slicedShortcut,
} from '../residual-block.js';

/** (channels, stride of the first block) of each stage. */
const STAGES = [
  { channels: 16, stride: 1 },
  { channels: 32, stride: 2 },
  { channels: 64, stride: 2 },
] as const;
const STEM_CHANNELS = 16;
const CIFAR = { height: 32, width: 32, channels: 3 };

/** What differs between the networks. */
interface Variant extends ResidualStyle {
  readonly name: string;
  readonly method: string;
  readonly needsOmega0?: boolean;
  readonly mustBeNamed?: Architecture['mustBeNamed'];
  readonly onlyIfNamed?: Architecture['onlyIfNamed'];
  /** The shortcut of a block that halves the map. */
  readonly shortcut: (g: NetworkBuilder, x: Value, channels: number) => Value;
  /** The stem has no nonlinearity, but a ReLU follows the last batch norm. */
  readonly activatesLate?: boolean;
  readonly blocksPerStage?: number;
  readonly input?: MapShape;
  readonly preprocess?: string;
  readonly stemStride?: number;
  readonly stemPad?: number;
}

/** A float stem, stages of binary convolutions in shortcuts, a float classifier: cifar10/models_cifar/resnet.py of BiPer, and its kin. */
function resnet20(variant: Variant): Architecture {
  const { name, method, needsOmega0 = false, mustBeNamed, onlyIfNamed, activatesLate } = variant;
  const { preprocess = 'cifar10', input = CIFAR, stemStride = 1, stemPad = 1, blocksPerStage = 3 } = variant;
  return {
    name,
    method,
    needsOmega0,
    ...(mustBeNamed && { mustBeNamed }),
    ...(onlyIfNamed && { onlyIfNamed }),
    preprocess,
    classifier: 'linear',
    build(g) {
      let x = g.image(input.height, input.width, input.channels);
      x = g.floatConv(x, 'conv1', { outChannels: STEM_CHANNELS, kernel: 3, stride: stemStride, pad: stemPad });
      x = activatesLate ? g.batchNorm(x, 'bn1') : variant.finish(g, x, '', 1);
      STAGES.forEach(({ channels, stride }, stage) => {
        for (let block = 0; block < blocksPerStage; block++) {
          const options = { outChannels: channels, stride: block === 0 ? stride : 1 };
          const shortcut = options.stride === 1 ? x : variant.shortcut(g, x, channels);
          x = residualBlock(g, x, `layer${stage + 1}.${block}.`, options, variant, shortcut);
        }
      });
      x = g.batchNorm(g.globalAvgPool(x), 'bn2');
      g.floatLinear(activatesLate ? g.relu(x) : x, 'linear', g.classes);
    },
  };
}

const biper = { method: 'biper', needsOmega0: true, skips: 'conv', shortcut: averagedShortcut } as const;
const rbnn = { method: 'rbnn', conv: rbnnConv, finish: normHardtanh, shortcut: slicedShortcut } as const;
const reste = { method: 'reste', finish: reluNorm, shortcut: slicedShortcut } as const;
const reste1 = { ...reste, conv: resteConv } as const;
const reste32 = { ...reste, conv: resteFloatActivationConv, onlyIfNamed: A32_OPTION } as const;

export const resnet20s: readonly Architecture[] = [
  resnet20({ ...biper, name: 'resnet20_1w1a', conv: biperCifarConv, finish: normHardtanh }),
  resnet20({
    ...biper,
    name: 'resnet20_1w32a',
    conv: biperFloatActivationConv,
    finish: normRelu,
    mustBeNamed: FLOAT_ACTIVATIONS,
  }),
  resnet20({
    name: 'resnet20_1w1a',
    method: 'recu',
    conv: recuConv,
    skips: 'conv',
    finish: normHardtanh,
    shortcut: averagedShortcut,
  }),
  resnet20({
    name: 'resnet20_1w1a',
    method: 'irnet',
    conv: irNetConv,
    skips: 'conv',
    finish: normHardtanh,
    shortcut: slicedShortcut,
  }),
  resnet20({
    name: 'resnet20_1w32a',
    method: 'irnet',
    conv: irNetFloatActivationConv,
    skips: 'block',
    finish: normRelu,
    shortcut: slicedShortcut,
    activatesLate: true,
    mustBeNamed: FLOAT_ACTIVATIONS,
  }),
  resnet20({ ...rbnn, name: 'resnet20_1w1a', skips: 'block' }),
  resnet20({ ...rbnn, name: 'resnet20_bireal_1w1a', skips: 'conv' }),
  resnet20({ ...reste1, name: 'resnet20_1w1a', skips: 'block' }),
  resnet20({ ...reste1, name: 'resnet20_bireal_1w1a', skips: 'conv' }),
  resnet20({ ...reste32, name: 'resnet20_1w32a', skips: 'block' }),
  resnet20({ ...reste32, name: 'resnet20_bireal_1w32a', skips: 'conv' }),
  resnet20({
    name: 'resnet20_1w1a',
    method: 'adabin',
    conv: adaBinConv,
    skips: 'conv',
    finish: adaBinFinish,
    shortcut: slicedShortcut,
  }),
];

const demo = {
  ...biper,
  name: 'demo_1w1a',
  conv: biperCifarConv,
  finish: normHardtanh,
  blocksPerStage: 1,
  stemStride: 2,
};

/** signwave's own small networks for its demo: one block in each stage, behind a stem that turns the image into 16 x 16. */
export const biperDemos: readonly Architecture[] = [
  resnet20({ ...demo, preprocess: 'fashion-mnist', input: { height: 28, width: 28, channels: 1 }, stemPad: 3 }),
  resnet20(demo),
];
