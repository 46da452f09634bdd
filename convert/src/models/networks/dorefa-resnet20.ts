import type { InputRecipe, Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { ACTIVATION_BITS, dorefaActivations, UNKNOWN_BITS } from '../methods/dorefa.js';
import type { NetworkBuilder } from '../network-builder.js';

const STEM_CHANNELS = 16;
const STAGES = [16, 32, 64] as const;
const BLOCKS_PER_STAGE = 3;

const RECIPE: InputRecipe = {
  channelOrder: 'rgb',
  divisor: 255,
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.2023, 0.1994, 0.201],
};

/**
 * The pre-activation ResNet-20 for CIFAR of github.com/zzzxxxttt/pytorch_DoReFaNet (nets/cifar_resnet.py). The stem and the classifier are
 * float, and no ReLU follows the last batch norm.
 */
function dorefaResnet20(activationBits: number): Architecture {
  return {
    name: `resnet20_1w${activationBits}a`,
    method: 'dorefa',
    needsOmega0: false,
    mustBeNamed: UNKNOWN_BITS,
    preprocess: RECIPE,
    classifier: 'logit',
    build(g) {
      let x = g.floatConv(g.image(32, 32, 3), 'conv0', { outChannels: STEM_CHANNELS, kernel: 3, pad: 1 });
      STAGES.forEach((outChannels, stage) => {
        for (let block = 0; block < BLOCKS_PER_STAGE; block++) {
          const at = `layers.${stage * BLOCKS_PER_STAGE + block}.`;
          x = preActivationBlock(g, x, at, { outChannels, stride: stage > 0 && block === 0 ? 2 : 1, activationBits });
        }
      });
      g.floatLinear(g.globalAvgPool(g.batchNorm(x, 'bn')), 'logit', g.classes);
    },
  };
}

/** Batch norm, activation, convolution, twice. Where the map is halved, the shortcut is a quantized 1 x 1 convolution. */
function preActivationBlock(
  g: NetworkBuilder,
  x: Value,
  at: string,
  options: { readonly outChannels: number; readonly stride: number; readonly activationBits: number },
): Value {
  const { outChannels, stride, activationBits } = options;
  const activation = (value: Value, norm: string) =>
    dorefaActivations(g, g.batchNorm(value, at + norm), activationBits);
  const first = activation(x, 'bn0');
  const shortcut =
    stride === 1 ? x : g.batchNorm(first.conv(`${at}skip_conv`, { outChannels, kernel: 1, stride }), `${at}skip_bn`);
  const second = activation(first.conv(`${at}conv0`, { outChannels, stride }), 'bn1');
  return g.add(second.conv(`${at}conv1`, { outChannels }), shortcut);
}

export const dorefaResnet20s: readonly Architecture[] = ACTIVATION_BITS.map(dorefaResnet20);
