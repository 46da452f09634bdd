import { batchNorm, batchNormVector } from '../layers/batch-norm.js';
import { binaryConvolution } from '../layers/binary-convolution.js';
import { type ConvolutionShape, convolution, type Layer } from '../layers/convolution.js';
import { hardtanh, hardtanhOfSum } from '../layers/hardtanh.js';
import { linear } from '../layers/linear.js';
import { globalAvgPool } from '../layers/pools.js';
import type { Tensor4D } from '../types.js';
import type { Definition } from './define-network.js';
import { type DoubleSkipLayers, doubleSkipBlock } from './double-skip-block.js';
import { parameterFreeShortcut } from './shortcut.js';

const STAGES = [
  { channels: 16, stride: 1 },
  { channels: 32, stride: 2 },
  { channels: 64, stride: 2 },
] as const;
const OUT_CHANNELS = 64;

/** What is binary in the layers between stem and classifier: weights and activations, the weights alone, or nothing. */
export type Precision = '1w1a' | '1w32a' | 'float';

export interface DoubleSkipShape {
  readonly blocksPerStage: number;
  readonly precision: Precision;
  readonly stem: ConvolutionShape;
}

/**
 * ResNets with a shortcut around every convolution, like `resnet20_1w1a` and `resnet20_1w32a` of the authors'
 * cifar10/models_cifar/resnet.py. Binary activations come with hardtanh, others with ReLU.
 */
export function doubleSkipNetwork({ blocksPerStage, precision, stem }: DoubleSkipShape): Definition {
  return (store, quantizers, { classes }) => {
    const { tf } = store;
    const isBinary = precision === '1w1a';
    const activate = (x: Tensor4D): Tensor4D => (isBinary ? hardtanh(tf, x) : tf.relu(x));
    const layers: DoubleSkipLayers = {
      convolve: (name, shape) => {
        if (precision === 'float') return convolution(store, name, shape);
        return binaryConvolution(store, name, shape, quantizers, { hasBeta: isBinary });
      },
      normalise: (name, channels) => batchNorm(store, name, channels),
      shortcut:
        (_, { channels, stride }) =>
        (x) =>
          parameterFreeShortcut(tf, x, channels, stride),
      join: (x, around) => (isBinary ? hardtanhOfSum(tf, x, around) : tf.relu(tf.add(x, around))),
    };
    const first = convolution(store, 'conv1', stem);
    const firstNorm = batchNorm(store, 'bn1', stem.outChannels);
    let inChannels = stem.outChannels;
    const blocks: Layer[] = STAGES.flatMap(({ channels, stride }, stage) =>
      Array.from({ length: blocksPerStage }, (_, i) => {
        const shape = { inChannels, channels, stride: i === 0 ? stride : 1 };
        const block = doubleSkipBlock(`layer${stage + 1}.${i}`, shape, layers);
        inChannels = channels;
        return block;
      }),
    );
    const lastNorm = batchNormVector(store, 'bn2', OUT_CHANNELS);
    const classifier = linear(store, 'linear', OUT_CHANNELS, classes);
    return (images, training) => {
      const stemmed = activate(firstNorm(first(images, training), training));
      const features = blocks.reduce((x, block) => block(x, training), stemmed);
      return classifier(lastNorm(globalAvgPool(tf, features), training));
    };
  };
}
