import type { InputRecipe, Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { cooledSign } from '../methods/bnext.js';
import { learnedThreshold } from '../methods/reactnet.js';
import type { NetworkBuilder } from '../network-builder.js';

// networks/bnext.ts — BNext (Guo et al. 2022, arXiv:2211.12933), src/bnext.py of github.com/hpi-xnor/BNext at dfcf347.
//
// A block is a 3 x 3 binary convolution, then one or two 1 x 1 side by side, each of which attends to its own result: it is multiplied by a
// vector that a small network makes of a mixture of what goes in and what comes out ("infor-recoupling"). In blocks of even number the first
// of these is also multiplied by its own input ("element-wise attention").

/** Output channels of the stem and of each block, by size. */
const CHANNELS = {
  tiny: [32, 64, ...stages([2, 128], [2, 256], [6, 512], [2, 1024])],
  small: [48, 96, ...stages([2, 192], [2, 384], [6, 768], [2, 1536])],
  middle: [48, 96, ...stages([4, 192], [4, 384], [8, 768], [4, 1536])],
  large: [64, 128, ...stages([4, 256], [4, 512], [16, 1024], [4, 2048])],
} as const;
type Size = keyof typeof CHANNELS;

function stages(...counts: readonly (readonly [blocks: number, channels: number])[]): number[] {
  return counts.flatMap(([blocks, channels]) => new Array<number>(blocks).fill(channels));
}

/** timm's evaluation with a crop of 0.95 and bicubic interpolation, as the training script asks for. */
const IMAGENET: InputRecipe = {
  resize: { mode: 'shorterSide', sizePixels: 235, interpolation: 'bicubic' },
  channelOrder: 'rgb',
  divisor: 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** With another number of classes, the authors' code builds another network: for CIFAR, whose stem keeps the map. */
const CLASSES = 1000;
/** Channels of the attending network are those of the map divided by this. */
const RATIO = 8;

export const bnexts: readonly Architecture[] = (Object.keys(CHANNELS) as Size[]).map((size) => ({
  name: `bnext_${size}`,
  method: 'bnext',
  needsOmega0: false,
  preprocess: IMAGENET,
  classifier: 'fc',
  build(g) {
    const [first, ...blocks] = CHANNELS[size];
    let x = g.floatConv(g.image(224, 224, 3), 'feature.0.conv1', { outChannels: first!, kernel: 3, stride: 2, pad: 1 });
    x = g.batchNorm(x, 'feature.0.bn1');
    g.state.skip('feature.0.prelu.weight', [[first!]]);
    blocks.forEach((outChannels, i) => {
      x = block(g, x, `feature.${i + 1}.`, { outChannels, index: i + 1 });
    });
    g.floatLinear(g.globalAvgPool(g.learnedPrelu(x, 'prelu')), 'fc', CLASSES);
  },
}));

function block(g: NetworkBuilder, x: Value, at: string, options: { outChannels: number; index: number }): Value {
  const { outChannels, index } = options;
  const doubles = outChannels !== g.shapeOf(x).channels;
  // The first block doubles the channels and keeps the map.
  const stride = doubles && index > 1 ? 2 : 1;
  const y = (index % 2 === 0 ? attention : feedForward)(g, x, `${at}Attention`, { kernel: 3, stride });
  const pointwise = (name: string): Value => feedForward(g, y, at + name, { kernel: 1, stride: 1 });
  return doubles ? g.concat(pointwise('FFN_1'), pointwise('FFN_2')) : pointwise('FFN');
}

interface Window {
  readonly kernel: number;
  readonly stride: number;
}

/** `Attention`: its product with what went in is normalised before the shortcut is added. */
function attention(g: NetworkBuilder, x: Value, at: string, window: Window): Value {
  const shortcut = halved(g, g.learnedPrelu(x, `${at}.activation1`), window);
  const product = g.multiply(recoupled(g, x, at, window), shortcut);
  return g.add(g.batchNorm(product, `${at}.norm2`), shortcut);
}

/** `FFN_3x3` and `FFN_1x1`, whose `activation1` isn't used. */
function feedForward(g: NetworkBuilder, x: Value, at: string, window: Window): Value {
  g.state.skip(`${at}.activation1.weight`, [[g.shapeOf(x).channels]]);
  return g.add(g.batchNorm(recoupled(g, x, at, window), `${at}.norm2`), halved(g, x, window));
}

/** A binary convolution times the attention to a mixture of its own operand and result. */
function recoupled(g: NetworkBuilder, x: Value, at: string, window: Window): Value {
  const { channels } = g.shapeOf(x);
  const threshold = learnedThreshold(g, x, `${at}.move`);
  // What the sign is divided by beforehand is above 0.
  g.state.skip(`${at}.binary_activation.temperature`, [[1]]);
  const name = `${at}.binary_conv`;
  const weights = cooledSign(g, name);
  let y = g.binaryConv(x, name, { outChannels: channels, ...window, weights, threshold });
  y = g.learnedPrelu(g.batchNorm(y, `${at}.norm1`), `${at}.activation2`);
  const learned = g.state.take(`${at}.scale`, [1, channels, 1, 1]);
  // `FFN_1x1` alone clamps it in evaluation, too.
  const share = window.kernel === 1 ? learned.map((part) => Math.min(Math.max(part, 0), 1)) : learned;
  const rest = share.map((part) => 1 - part);
  const mixture = g.add(g.affine(halved(g, x, window), share), g.affine(y, rest));
  return g.scale(y, attentionTo(g, mixture, `${at}.se.se`));
}

/** `SqueezeAndExpand`: a vector of factors from 0 to 1, made of a map's means. Its convolutions are of a single pixel. */
function attentionTo(g: NetworkBuilder, x: Value, at: string): Value {
  const { channels } = g.shapeOf(x);
  const layer = (vector: Value, name: string, outChannels: number): Value =>
    g.floatConv(vector, `${at}.${name}`, { outChannels, kernel: 1, hasBias: true });
  const squeezed = g.relu(layer(g.globalAvgPool(x), '1', channels / RATIO));
  return g.sigmoid(layer(squeezed, '3', channels));
}

function halved(g: NetworkBuilder, x: Value, { stride }: Window): Value {
  return stride === 1 ? x : g.avgPool(x, stride);
}
