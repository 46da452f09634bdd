import { batchNorm } from '../layers/batch-norm.js';
import { fanOutNormal } from '../layers/initialisers.js';
import { linear, SMALL_NORMAL } from '../layers/linear.js';
import { maxPool } from '../layers/pools.js';
import { relu } from '../layers/relu.js';
import type { Precision } from '../methods/method.js';
import type { Tensor2D, Tensor4D } from '../types.js';
import type { Definition } from './define-network.js';
import { stem } from './stem.js';
import { type UnitContext, unit } from './unit.js';

const STEM_CHANNELS = 128;
/** `conv1` to `conv5`, and whether each halves the map: before its batch norm, or after all else if the nonlinearity comes before that. */
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
export function vggSmall(precision: Precision): Definition {
  return (store, { quantizers, style }, { classes }) => {
    const { tf } = store;
    const context: UnitContext = {
      store,
      quantizers,
      style,
      precision,
      initialise: fanOutNormal,
      hasBeta: precision === '1w1a',
    };
    const stemShape = { inChannels: 3, outChannels: STEM_CHANNELS, kernel: 3, pad: 1 };
    const names = { conv: 'conv0', norm: 'bn0', act: 'act0' };
    const first = stem(context, names, stemShape, { initialise: fanOutNormal });
    let inChannels = STEM_CHANNELS;
    const layers = LAYERS.map(({ channels, isPooled }, i) => {
      const shape = { inChannels, outChannels: channels, kernel: 3, pad: 1 };
      inChannels = channels;
      const ofLayer = { conv: `conv${i + 1}`, norm: `bn${i + 1}`, act: `act${i + 1}` };
      return { layer: unit(context, ofLayer, shape), isPooled };
    });
    const isMapNorm = style.tail.startsWith('map-norm');
    const lastNorm = isMapNorm ? batchNorm(store, 'bn6', inChannels) : undefined;
    const classifier = linear(store, 'fc', FEATURES, classes, SMALL_NORMAL);
    return (images, training) => {
      let x = first(images, training);
      for (const { layer, isPooled } of layers) {
        const pool = isPooled ? (map: Tensor4D): Tensor4D => maxPool(tf, map, 2, 2) : undefined;
        x = layer.after(layer.before(x, training), training, pool && { pool });
      }
      const last = lastNorm ? lastNorm(x, training) : x;
      const end = style.tail.endsWith('relu') ? relu(tf, last) : last;
      return classifier(tf.reshape(tf.transpose(end, [0, 3, 1, 2]), [end.shape[0], FEATURES]) as Tensor2D);
    };
  };
}
