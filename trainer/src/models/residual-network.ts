import { batchNorm, batchNormVector } from '../layers/batch-norm.js';
import type { ConvolutionShape, Layer } from '../layers/convolution.js';
import { constant } from '../layers/initialisers.js';
import { linear } from '../layers/linear.js';
import { globalAvgPool, maxPool } from '../layers/pools.js';
import { relu } from '../layers/relu.js';
import type { Precision } from '../methods/method.js';
import type { Tensor2D, Tensor4D } from '../types.js';
import type { Definition } from './define-network.js';
import { type BlockShape, shortcut } from './shortcut.js';
import { stem } from './stem.js';
import { type UnitContext, unit } from './unit.js';

/** A stage's channels, its number of blocks, and the stride of the first. */
export interface StageShape {
  readonly channels: number;
  readonly blocks: number;
  readonly stride: 1 | 2;
}

/** A residual network of blocks of two 3 x 3 convolutions, but for what its style says. */
export interface ResidualShape {
  readonly stem: ConvolutionShape;
  /** Whether the stem ends with a max pool, 3 x 3 with stride 2. */
  readonly hasStemPool?: boolean;
  readonly stages: readonly StageShape[];
  readonly precision: Precision;
  /** Names in the authors' code, in the order in which its constructor has the two. */
  readonly tail: readonly ['bn2', 'linear'] | readonly ['linear', 'bn2'] | readonly ['bn2', 'fc'];
  /** Name of a shortcut's modules. */
  readonly shortcutName: 'shortcut' | 'downsample';
  /** Whether binary convolutions have the relic `beta`, as those of CIFAR's 1W/1A networks. */
  readonly hasBeta: boolean;
}

/**
 * The ResNets of BiPer's code (cifar10/models_cifar/resnet.py and resnet2.py, imagenet/models_imagenet/resnet.py), and those that other
 * methods build in their place.
 */
export function residualNetwork(shape: ResidualShape): Definition {
  return (store, { quantizers, style }, { classes }) => {
    const context: UnitContext = { store, quantizers, style, precision: shape.precision, hasBeta: shape.hasBeta };
    const first = stemOf(context, shape);
    store.stages = shape.stages.length;
    let inChannels = shape.stem.outChannels;
    const stages = shape.stages.map(({ channels, blocks, stride }, stage) =>
      Array.from({ length: blocks }, (_, i) => {
        const ofBlock = { inChannels, channels, stride: i === 0 ? stride : 1 };
        inChannels = channels;
        return block(context, `layer${stage + 1}.${i}`, ofBlock, shape.shortcutName);
      }),
    );
    const tail = tailOf(context, shape.tail, inChannels, classes);
    return (images, training) => {
      let x = first(images, training);
      stages.forEach((blocks, stage) => {
        x = blocks.reduce((map, layer) => layer(map, training), x);
        store.features.set(`stage${stage + 1}`, x);
      });
      return tail(x, training);
    };
  };
}

/** Declares what follows the last block. @returns logits from its map. */
function tailOf(
  { store, style }: UnitContext,
  names: ResidualShape['tail'],
  channels: number,
  classes: number,
): (x: Tensor4D, training: boolean) => Tensor2D {
  const { tf } = store;
  const mapNorm = style.tail.startsWith('map-norm') ? batchNorm(store, 'bn2', channels) : undefined;
  const isVectorNorm = style.tail.startsWith('norm');
  let classify: ((x: Tensor2D) => Tensor2D) | undefined;
  let vectorNorm: ((x: Tensor2D, training: boolean) => Tensor2D) | undefined;
  for (const name of names) {
    if (name !== 'bn2') classify = linear(store, name, channels, classes);
    else if (isVectorNorm) vectorNorm = batchNormVector(store, name, channels);
  }
  const isRelu = (place: 'map' | 'norm'): boolean => style.tail.startsWith(place) && style.tail.endsWith('relu');
  return (x, training) => {
    const map = mapNorm ? mapNorm(x, training) : x;
    const vector = globalAvgPool(tf, isRelu('map') ? relu(tf, map) : map);
    const normalised = vectorNorm ? vectorNorm(vector, training) : vector;
    return classify!(isRelu('norm') ? relu(tf, normalised) : normalised);
  };
}

function stemOf(context: UnitContext, { stem: shape, hasStemPool = false }: ResidualShape): Layer {
  const { store, style } = context;
  const names = { conv: 'conv1', norm: 'bn1', act: 'act1' };
  const first = stem(context, names, shape, { scale: constant(style.normScale) });
  if (!hasStemPool) return first;
  const sides: [number, number] = style.stemPool === 'padded' ? [1, 1] : [0, 1];
  return (images, training) => maxPool(store.tf, first(images, training), 3, 2, sides);
}

function block(context: UnitContext, name: string, shape: BlockShape, shortcutName: string): Layer {
  const { store, style } = context;
  const { inChannels, channels, stride } = shape;
  const names = (i: number) => ({ conv: `${name}.conv${i}`, norm: `${name}.bn${i}`, act: `${name}.act${i}` });
  const first = unit(context, names(1), { inChannels, outChannels: channels, kernel: 3, stride, pad: 1 });
  const second = unit(context, names(2), { inChannels: channels, outChannels: channels, kernel: 3, pad: 1 });
  const lastNorm = style.endsWithNorm ? batchNorm(store, `${name}.bn3`, channels) : undefined;
  const around = shortcut(context, `${name}.${shortcutName}`, shape);
  // In pre-activation networks a shortcut with a convolution starts behind the nonlinearity.
  const startsLate = style.order === 'norm-act-conv' && style.shortcut.includes('conv');
  const isIdentity = stride === 1 && inChannels === channels;
  const skipsEach = style.skips === 'conv';
  return (x, training) => {
    const input = first.before(x, training);
    const s = around(startsLate && !isIdentity ? input : x, training);
    const y = first.after(input, training, skipsEach ? { around: s } : {});
    const inner = second.before(y, training);
    const outer = skipsEach ? y : s;
    if (!lastNorm) return second.after(inner, training, { around: outer });
    return store.tf.add(lastNorm(second.after(inner, training), training), outer);
  };
}
