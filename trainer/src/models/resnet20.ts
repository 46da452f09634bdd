import { batchNorm, batchNormVector } from '../layers/batch-norm.js';
import { binaryConvolution } from '../layers/binary-convolution.js';
import { type ConvolutionShape, convolution, type Layer } from '../layers/convolution.js';
import { hardtanh, hardtanhOfSum } from '../layers/hardtanh.js';
import type { LayerStore } from '../layers/layer-store.js';
import { linear } from '../layers/linear.js';
import { globalAvgPool } from '../layers/pools.js';
import type { Tensor4D } from '../types.js';
import type { Definition } from './define-network.js';
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
    const join = (x: Tensor4D, shortcut: Tensor4D): Tensor4D =>
      isBinary ? hardtanhOfSum(tf, x, shortcut) : tf.relu(tf.add(x, shortcut));
    const convolve = (name: string, shape: ConvolutionShape): Layer => {
      if (precision === 'float') return convolution(store, name, shape);
      return binaryConvolution(store, name, shape, quantizers, { hasBeta: isBinary });
    };
    const first = convolution(store, 'conv1', stem);
    const firstNorm = batchNorm(store, 'bn1', stem.outChannels);
    let inChannels = stem.outChannels;
    const blocks: Layer[] = STAGES.flatMap(({ channels, stride }, stage) =>
      Array.from({ length: blocksPerStage }, (_, i) => {
        const name = `layer${stage + 1}.${i}`;
        const block = doubleSkipBlock(
          store,
          name,
          { inChannels, channels, stride: i === 0 ? stride : 1 },
          convolve,
          join,
        );
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

interface BlockShape {
  readonly inChannels: number;
  readonly channels: number;
  readonly stride: number;
}

function doubleSkipBlock(
  store: LayerStore,
  name: string,
  { inChannels, channels, stride }: BlockShape,
  convolve: (name: string, shape: ConvolutionShape) => Layer,
  join: (x: Tensor4D, shortcut: Tensor4D) => Tensor4D,
): Layer {
  const { tf } = store;
  const conv1 = convolve(`${name}.conv1`, { inChannels, outChannels: channels, kernel: 3, stride, pad: 1 });
  const bn1 = batchNorm(store, `${name}.bn1`, channels);
  const conv2 = convolve(`${name}.conv2`, { inChannels: channels, outChannels: channels, kernel: 3, pad: 1 });
  const bn2 = batchNorm(store, `${name}.bn2`, channels);
  return (x, training) => {
    const shortcut = parameterFreeShortcut(tf, x, channels, stride);
    const y = join(bn1(conv1(x, training), training), shortcut);
    return join(bn2(conv2(y, training), training), y);
  };
}
