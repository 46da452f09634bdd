import { batchNorm, batchNormVector } from '../layers/batch-norm.js';
import { binaryConvolution, type Quantizers } from '../layers/binary-convolution.js';
import { convolution, type Layer } from '../layers/convolution.js';
import { hardtanh, hardtanhOfSum } from '../layers/hardtanh.js';
import type { LayerStore } from '../layers/layer-store.js';
import { linear } from '../layers/linear.js';
import { globalAvgPool } from '../layers/pools.js';
import type { Definition } from './define-network.js';
import { parameterFreeShortcut } from './shortcut.js';

export type StageWidths = readonly [number, number, number, number];

const BLOCKS_PER_STAGE = 2;

/**
 * CIFAR's ResNet-18 of the authors' cifar10/models_cifar/resnet2.py: nothing nonlinear follows the stem, and each block has one shortcut,
 * around both of its convolutions (the paper has two).
 */
export function singleSkipResnet18(widths: StageWidths): Definition {
  return (store, quantizers, { classes }) => {
    const { tf } = store;
    const outChannels = widths[3];
    const first = convolution(store, 'conv1', { inChannels: 3, outChannels: widths[0], kernel: 3, pad: 1 });
    const firstNorm = batchNorm(store, 'bn1', widths[0]);
    let inChannels = widths[0];
    const blocks: Layer[] = widths.flatMap((channels, stage) =>
      Array.from({ length: BLOCKS_PER_STAGE }, (_, i) => {
        const stride = stage > 0 && i === 0 ? 2 : 1;
        const block = singleSkipBlock(store, `layer${stage + 1}.${i}`, { inChannels, channels, stride }, quantizers);
        inChannels = channels;
        return block;
      }),
    );
    const classifier = linear(store, 'linear', outChannels, classes);
    const lastNorm = batchNormVector(store, 'bn2', outChannels);
    return (images, training) => {
      const stemmed = firstNorm(first(images, training), training);
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

function singleSkipBlock(
  store: LayerStore,
  name: string,
  { inChannels, channels, stride }: BlockShape,
  quantizers: Quantizers,
): Layer {
  const { tf } = store;
  const outChannels = channels;
  const options = { hasBeta: true };
  const shape1 = { inChannels, outChannels, kernel: 3, stride, pad: 1 };
  const conv1 = binaryConvolution(store, `${name}.conv1`, shape1, quantizers, options);
  const bn1 = batchNorm(store, `${name}.bn1`, channels);
  const shape2 = { inChannels: channels, outChannels, kernel: 3, pad: 1 };
  const conv2 = binaryConvolution(store, `${name}.conv2`, shape2, quantizers, options);
  const bn2 = batchNorm(store, `${name}.bn2`, channels);
  return (x, training) => {
    const y = hardtanh(tf, bn1(conv1(x, training), training));
    const z = bn2(conv2(y, training), training);
    return hardtanhOfSum(tf, z, parameterFreeShortcut(tf, x, channels, stride));
  };
}
