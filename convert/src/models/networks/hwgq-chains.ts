import type { InputRecipe, Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { levelConv, levelLinear } from '../level-sums.js';
import { caffeNorm, caffeScale, halfWave, hwgqWeights } from '../methods/hwgq.js';
import type { FloatConvOptions, NetworkBuilder } from '../network-builder.js';
import { CAFFE_IMAGENET } from '../recipes.js';

/** Batch norm, 2-bit activations and a layer with binary weights, which have a number in their names: bn2, qt2, conv2. */
interface Layer {
  readonly index: string;
  readonly outChannels: number;
  /** Kernel of a convolution; absent for a fully connected layer. Default 3. */
  readonly kernel?: number;
  readonly isFullyConnected?: boolean;
  /** Window of the max pool with stride 2 behind it. */
  readonly pool?: number;
}

interface Chain {
  readonly name: string;
  readonly isStoredBinary: boolean;
  readonly preprocess: string | InputRecipe;
  readonly side: number;
  readonly stem: FloatConvOptions & { readonly name: string; readonly pool?: number };
  readonly layers: readonly Layer[];
  /** What follows the last binary layer. */
  readonly finish: (g: NetworkBuilder, x: Value) => Value;
  readonly classifier: string;
}

/** A network of github.com/zhaoweicai/hwgq without shortcuts. The first and the last layer are float. */
function chain({ name, isStoredBinary, preprocess, side, stem, layers, finish, classifier }: Chain): Architecture {
  return {
    name: isStoredBinary ? `${name}_bw` : name,
    method: 'hwgq',
    needsOmega0: false,
    preprocess,
    classifier,
    build(g) {
      let x = pooled(g, g.floatConv(g.image(side, side, 3), stem.name, stem), stem.pool);
      for (const { index, outChannels, kernel = 3, isFullyConnected, pool } of layers) {
        const bits = halfWave(g, caffeNorm(g, x, `bn${index}`), `qt${index}`);
        const name = `${isFullyConnected ? 'fc' : 'conv'}${index}`;
        const weights = hwgqWeights(name, isStoredBinary);
        const sums = isFullyConnected
          ? levelLinear(g, bits, name, { ...weights, outputs: outChannels })
          : levelConv(g, bits, name, { ...weights, outChannels, kernel });
        x = pooled(g, sums, pool);
      }
      g.floatLinear(finish(g, x), classifier, g.classes);
    },
  };
}

/** Caffe rounds the size of a pool's result up. */
function pooled(g: NetworkBuilder, x: Value, window: number | undefined): Value {
  return window === undefined ? x : g.maxPool(x, window, { stride: 2, ceilMode: true });
}

/** examples/cifar10/vgg-hwgq-3ne-clip-poly. The mean image of the training set is subtracted from its images, so there is no recipe. */
const vggSmall = chain({
  name: 'vgg_small',
  isStoredBinary: false,
  preprocess: 'none',
  side: 32,
  stem: { name: 'conv1_1', outChannels: 128, kernel: 3, pad: 1 },
  layers: [
    { index: '1_2', outChannels: 128, pool: 2 },
    { index: '2_1', outChannels: 256 },
    { index: '2_2', outChannels: 256, pool: 2 },
    { index: '3_1', outChannels: 512 },
    { index: '3_2', outChannels: 512 },
  ],
  finish: (g, x) =>
    g.maxPool(g.relu(caffeScale(g, caffeNorm(g, x, 'bn3'), 'scale3')), 2, { stride: 2, ceilMode: true }),
  classifier: 'fc4',
});

/** examples/imagenet/alex-hwgq-3ne-clip-poly-320k. */
const alexnet = (isStoredBinary: boolean): Architecture =>
  chain({
    name: 'alexnet',
    isStoredBinary,
    preprocess: CAFFE_IMAGENET,
    side: 227,
    stem: { name: 'conv1', outChannels: 96, kernel: 11, stride: 4, pool: 3 },
    layers: [
      { index: '2', outChannels: 256, kernel: 5, pool: 3 },
      { index: '3', outChannels: 384 },
      { index: '4', outChannels: 384 },
      { index: '5', outChannels: 256, pool: 3 },
      { index: '6', outChannels: 4096, isFullyConnected: true },
      { index: '7', outChannels: 4096, isFullyConnected: true },
    ],
    finish: (g, x) => g.relu(caffeNorm(g, x, 'bn8')),
    classifier: 'fc8',
  });

export const hwgqChains: readonly Architecture[] = [vggSmall, alexnet(false), alexnet(true)];
