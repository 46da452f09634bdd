import { batchNorm, batchNormVector } from '../layers/batch-norm.js';
import { binaryConvolution } from '../layers/binary-convolution.js';
import { convolution, type Layer } from '../layers/convolution.js';
import { hardtanh, hardtanhOfSum } from '../layers/hardtanh.js';
import { constant } from '../layers/initialisers.js';
import type { LayerStore } from '../layers/layer-store.js';
import { linear } from '../layers/linear.js';
import { globalAvgPool, maxPool } from '../layers/pools.js';
import type { Definition } from './define-network.js';
import { type BlockShape, type DoubleSkipLayers, doubleSkipBlock } from './double-skip-block.js';

const WIDTHS = [64, 128, 256, 512] as const;
const OUT_CHANNELS = 512;
/** Initial scale of every 2-D batch norm in the authors' ImageNet networks: at first blocks are hardly more than their shortcuts. */
const TINY_SCALE = constant(1e-8);

export type BlocksPerStage = readonly [number, number, number, number];

/**
 * `resnet18_1w1a` and `resnet34_1w1a` of the authors' imagenet/models_imagenet/resnet.py, for 224 x 224 images. There is a shortcut around
 * every binary convolution; where the map is halved it has a float 1 x 1 convolution of stride 2 and a batch norm.
 */
export function imagenetResnet(blocksPerStage: BlocksPerStage): Definition {
  return (store, quantizers, { classes }) => {
    const { tf } = store;
    const first = convolution(store, 'conv1', { inChannels: 3, outChannels: WIDTHS[0], kernel: 7, stride: 2, pad: 3 });
    const firstNorm = batchNorm(store, 'bn1', WIDTHS[0], TINY_SCALE);
    const layers: DoubleSkipLayers = {
      convolve: (name, shape) => binaryConvolution(store, name, shape, quantizers),
      normalise: (name, channels) => batchNorm(store, name, channels, TINY_SCALE),
      shortcut: (name, shape) => {
        const isDownsampled = shape.stride !== 1 || shape.inChannels !== shape.channels;
        return isDownsampled ? downsample(store, name, shape) : (x) => x;
      },
      join: (x, around) => hardtanhOfSum(tf, x, around),
    };
    let inChannels: number = WIDTHS[0];
    const blocks: Layer[] = WIDTHS.flatMap((channels, stage) =>
      Array.from({ length: blocksPerStage[stage]! }, (_, i) => {
        const stride = stage > 0 && i === 0 ? 2 : 1;
        const block = doubleSkipBlock(`layer${stage + 1}.${i}`, { inChannels, channels, stride }, layers);
        inChannels = channels;
        return block;
      }),
    );
    const lastNorm = batchNormVector(store, 'bn2', OUT_CHANNELS);
    const classifier = linear(store, 'fc', OUT_CHANNELS, classes);
    return (images, training) => {
      const stem = hardtanh(tf, firstNorm(first(images, training), training));
      const features = blocks.reduce((x, block) => block(x, training), maxPool(tf, stem, 3, 2, 1));
      return classifier(lastNorm(globalAvgPool(tf, features), training));
    };
  };
}

function downsample(store: LayerStore, name: string, { inChannels, channels, stride }: BlockShape): Layer {
  const shape = { inChannels, outChannels: channels, kernel: 1, stride };
  const project = convolution(store, `${name}.downsample.0`, shape);
  const normalise = batchNorm(store, `${name}.downsample.1`, channels, TINY_SCALE);
  return (x, training) => normalise(project(x, training), training);
}
