import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import type { BinaryConvOptions, NetworkBuilder } from '../network-builder.js';

// networks/binarynet.ts — the networks of github.com/itayhubara/BinaryNet.pytorch (models/*_binary.py).
//
// Every layer has 1-bit weights, signs without a scale, and every layer but the first has 1-bit activations: the first reads the image's
// floats. Its ImageNet ResNets aren't here, because their code fails before it computes anything.

type ConvOptions = Pick<BinaryConvOptions, 'outChannels' | 'kernel' | 'stride' | 'pad' | 'hasBias'>;

/** `BinarizeConv2d`, which takes the sign of its input unless that has 3 channels. */
function binarizedConv(g: NetworkBuilder, x: Value, name: string, options: ConvOptions): Value {
  return g.binaryConv(x, name, { ...options, weights: 'sign', keepsFloats: g.shapeOf(x).channels === 3 });
}

interface Layer extends ConvOptions {
  /** Window of the max pool with stride 2 behind the convolution. */
  readonly pool?: number;
}

/** Convolutions, max pools, batch norms and hardtanhs, as members of `features`, which count them all. */
function features(g: NetworkBuilder, image: Value, layers: readonly Layer[]): Value {
  let index = 0;
  let x = image;
  for (const { pool, ...conv } of layers) {
    x = binarizedConv(g, x, `features.${index++}`, { ...conv, hasBias: true });
    if (pool !== undefined) {
      x = g.maxPool(x, pool, { stride: 2 });
      index++;
    }
    x = g.hardtanh(g.batchNorm(x, `features.${index}`));
    index += 2;
  }
  return x;
}

/** Two hidden layers and the classes, as members of `classifier`; a batch norm and a LogSoftmax behind the last. */
function classifier(g: NetworkBuilder, map: Value, hidden: number, lastNorm: { readonly isAffine: boolean }): void {
  let x = map;
  for (const index of [0, 3]) {
    x = g.binaryLinear(x, `classifier.${index}`, hidden, { weights: 'sign' });
    x = g.hardtanh(g.batchNorm(x, `classifier.${index + 1}`));
  }
  x = g.binaryLinear(x, 'classifier.6', g.classes, { weights: 'sign' });
  g.softmax(g.batchNorm(x, 'classifier.7', lastNorm), { log: true });
}

const common = { method: 'bnn', needsOmega0: false } as const;

/** Three times as wide as other VGG-small networks. */
const vgg: Architecture = {
  ...common,
  name: 'vgg_cifar10_binary',
  preprocess: 'cifar10',
  classifier: 'classifier.6',
  build(g) {
    const x = features(g, g.image(32, 32, 3), [
      { outChannels: 384 },
      { outChannels: 384, pool: 2 },
      { outChannels: 768 },
      { outChannels: 768, pool: 2 },
      { outChannels: 1536 },
      { outChannels: 512, pool: 2 },
    ]);
    classifier(g, x, 1024, { isAffine: false });
  },
};

const alexnet: Architecture = {
  ...common,
  name: 'alexnet_binary',
  preprocess: 'imagenet',
  classifier: 'classifier.6',
  build(g) {
    const x = features(g, g.image(224, 224, 3), [
      { outChannels: 192, kernel: 11, stride: 4, pad: 2, pool: 3 },
      { outChannels: 576, kernel: 5, pool: 3 },
      { outChannels: 1152 },
      { outChannels: 768 },
      { outChannels: 256, pool: 3 },
    ]);
    classifier(g, x, 4096, { isAffine: true });
  },
};

const RESNET_WIDTHS = [80, 160, 320] as const;
const BLOCKS_PER_STAGE = 2;

/** The CIFAR network of depth 18, five times as wide as other CIFAR ResNets. */
const resnet: Architecture = {
  ...common,
  name: 'resnet_binary',
  preprocess: 'cifar10',
  classifier: 'fc',
  build(g) {
    let x = binarizedConv(g, g.image(32, 32, 3), 'conv1', { outChannels: RESNET_WIDTHS[0] });
    x = g.hardtanh(g.batchNorm(x, 'bn1'));
    RESNET_WIDTHS.forEach((outChannels, stage) => {
      for (let index = 0; index < BLOCKS_PER_STAGE; index++) {
        const isLast = stage === RESNET_WIDTHS.length - 1 && index === BLOCKS_PER_STAGE - 1;
        const options = { outChannels, stride: stage > 0 && index === 0 ? 2 : 1, isLast };
        x = resnetBlock(g, x, `layer${stage + 1}.${index}.`, options);
      }
    });
    x = g.hardtanh(g.batchNorm(g.avgPool(x, 8), 'bn2'));
    x = g.binaryLinear(x, 'fc', g.classes, { weights: 'sign' });
    g.softmax(g.batchNorm(x, 'bn3'), { log: true });
  },
};

/** The shortcut joins before the second batch norm, which the network's last block has but doesn't use. */
function resnetBlock(
  g: NetworkBuilder,
  x: Value,
  at: string,
  options: { readonly outChannels: number; readonly stride: number; readonly isLast: boolean },
): Value {
  const { outChannels, stride, isLast } = options;
  const y = g.hardtanh(g.batchNorm(binarizedConv(g, x, `${at}conv1`, { outChannels, stride }), `${at}bn1`));
  const sums = binarizedConv(g, y, `${at}conv2`, { outChannels });
  const shortcut = stride === 1 ? x : projected(g, x, at, outChannels);
  const total = g.add(sums, shortcut);
  if (!isLast) return g.hardtanh(g.batchNorm(total, `${at}bn2`));
  g.unusedBatchNorm(`${at}bn2`, outChannels);
  return total;
}

function projected(g: NetworkBuilder, x: Value, at: string, outChannels: number): Value {
  const y = binarizedConv(g, x, `${at}downsample.0`, { outChannels, kernel: 1, stride: 2 });
  return g.batchNorm(y, `${at}downsample.1`);
}

export const binaryNets: readonly Architecture[] = [vgg, alexnet, resnet];
