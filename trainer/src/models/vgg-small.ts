import { batchNorm } from '../layers/batch-norm.js';
import { binaryConvolution } from '../layers/binary-convolution.js';
import { convolution } from '../layers/convolution.js';
import { hardtanh } from '../layers/hardtanh.js';
import { fanOutNormal } from '../layers/initialisers.js';
import { linear, SMALL_NORMAL } from '../layers/linear.js';
import { maxPool } from '../layers/pools.js';
import type { Tensor2D } from '../types.js';
import type { Definition } from './define-network.js';

const STEM_CHANNELS = 128;
/** `conv1` to `conv5`, and whether each halves the map before its batch norm. */
const LAYERS = [
  { channels: 128, isPooled: true },
  { channels: 256, isPooled: false },
  { channels: 256, isPooled: true },
  { channels: 512, isPooled: false },
  { channels: 512, isPooled: true },
] as const;
/** 512 channels of 4 x 4 pixels. */
const FEATURES = 512 * 4 * 4;

/** `vgg_small_1w1a` of the authors' cifar10/models_cifar/vgg.py. The classifier reads its features in the order (C, H, W). */
export const vggSmall: Definition = (store, quantizers, { classes }) => {
  const { tf } = store;
  const stemShape = { inChannels: 3, outChannels: STEM_CHANNELS, kernel: 3, pad: 1 };
  const first = convolution(store, 'conv0', stemShape, fanOutNormal);
  const firstNorm = batchNorm(store, 'bn0', STEM_CHANNELS);
  const options = { initialise: fanOutNormal, hasBeta: true };
  let inChannels = STEM_CHANNELS;
  const layers = LAYERS.map(({ channels, isPooled }, i) => {
    const shape = { inChannels, outChannels: channels, kernel: 3, pad: 1 };
    inChannels = channels;
    return {
      convolve: binaryConvolution(store, `conv${i + 1}`, shape, quantizers, options),
      normalise: batchNorm(store, `bn${i + 1}`, channels),
      isPooled,
    };
  });
  const classifier = linear(store, 'fc', FEATURES, classes, SMALL_NORMAL);
  return (images, training) => {
    let x = hardtanh(tf, firstNorm(first(images, training), training));
    for (const { convolve, normalise, isPooled } of layers) {
      const y = convolve(x, training);
      x = hardtanh(tf, normalise(isPooled ? maxPool(tf, y, 2, 2) : y, training));
    }
    return classifier(tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [x.shape[0], FEATURES]) as Tensor2D);
  };
};
