import { batchNorm } from '../layers/batch-norm.js';
import { binaryConvolution, type Quantizers } from '../layers/binary-convolution.js';
import { type ConvolutionShape, convolution } from '../layers/convolution.js';
import { hardtanh, hardtanhOfSum } from '../layers/hardtanh.js';
import { constant, type Initialiser } from '../layers/initialisers.js';
import type { LayerStore } from '../layers/layer-store.js';
import { maxout } from '../layers/maxout.js';
import { prelu } from '../layers/prelu.js';
import { relu } from '../layers/relu.js';
import { rprelu } from '../layers/rprelu.js';
import type { Precision } from '../methods/method.js';
import type { Tensor4D } from '../types.js';
import type { NetworkStyle } from './network-style.js';

/** What all units of a network have in common. */
export interface UnitContext {
  readonly store: LayerStore;
  readonly quantizers: Quantizers;
  readonly style: NetworkStyle;
  readonly precision: Precision;
  readonly initialise?: Initialiser;
  /** Whether binary convolutions of the family have the relic `beta`. */
  readonly hasBeta: boolean;
  /** What binary convolutions pad with; default 0. */
  readonly padValue?: number;
}

/** Names of a unit's modules, as in the state dict. */
export interface UnitNames {
  readonly conv: string;
  readonly norm: string;
  readonly act: string;
}

/** A convolution with the batch norm and nonlinearity that belong to it, in the style's order. */
export interface Unit {
  /** For orders that begin with a batch norm: it, and the nonlinearity if that precedes the convolution; otherwise the identity. */
  before(x: Tensor4D, training: boolean): Tensor4D;
  /**
   * The rest, from what {@link before} gave.
   *
   * @param pool what lies directly behind the convolution's own steps, in networks with pools. @param around the shortcut.
   */
  after(x: Tensor4D, training: boolean, options?: { pool?: (x: Tensor4D) => Tensor4D; around?: Tensor4D }): Tensor4D;
}

/** Declares a unit. */
export function unit(context: UnitContext, names: UnitNames, shape: ConvolutionShape): Unit {
  const { store, style } = context;
  const { tf } = store;
  const { inChannels, outChannels } = shape;
  const normOptions = { scale: constant(style.normScale), isAffine: style.normIsAffine };
  const isNormFirst = style.order.startsWith('norm');
  const convolve = isNormFirst ? undefined : unitConvolution(context, names.conv, shape);
  const norm = batchNorm(store, names.norm, isNormFirst ? inChannels : outChannels, normOptions);
  const conv = convolve ?? unitConvolution(context, names.conv, shape);
  const act = nonlinearity(context, names.act, style.order === 'norm-act-conv' ? inChannels : outChannels);
  const plus = (x: Tensor4D, around: Tensor4D | undefined): Tensor4D => (around ? tf.add(x, around) : x);
  const same = (x: Tensor4D): Tensor4D => x;
  switch (style.order) {
    case 'conv-norm-act':
      return {
        before: same,
        after: (x, training, { pool = same, around } = {}) => act(norm(pool(conv(x, training)), training), around),
      };
    case 'conv-act-norm':
      return {
        before: same,
        after: (x, training, { pool = same, around } = {}) =>
          plus(pool(norm(act(conv(x, training)), training)), around),
      };
    case 'norm-conv-act':
      return {
        before: norm,
        after: (x, training, { pool = same, around } = {}) => pool(act(conv(x, training), around)),
      };
    case 'norm-act-conv':
      return {
        before: (x, training) => act(norm(x, training)),
        after: (x, training, { pool = same, around } = {}) => plus(pool(conv(x, training)), around),
      };
  }
}

function unitConvolution(context: UnitContext, name: string, shape: ConvolutionShape) {
  const { store, quantizers, precision, initialise, hasBeta, padValue = 0 } = context;
  const options = initialise && { initialise };
  return precision === 'float'
    ? convolution(store, name, shape, { ...options, hasBias: quantizers.hasBias })
    : binaryConvolution(store, name, shape, quantizers, { ...options, hasBeta, padValue });
}

/** Computes act(x), or act(x + around). */
type Nonlinearity = (x: Tensor4D, around?: Tensor4D) => Tensor4D;

/** Declares a nonlinearity. */
export function nonlinearity(
  { store, style }: Pick<UnitContext, 'store' | 'style'>,
  name: string,
  channels: number,
): Nonlinearity {
  const { tf } = store;
  const sum = (x: Tensor4D, around: Tensor4D | undefined): Tensor4D => (around ? tf.add(x, around) : x);
  const behindSum =
    (act: (x: Tensor4D) => Tensor4D): Nonlinearity =>
    (x, around) =>
      act(sum(x, around));
  switch (style.nonlinearity) {
    case 'hardtanh':
      return (x, around) => (around ? hardtanhOfSum(tf, x, around) : hardtanh(tf, x));
    case 'relu':
      return (x, around) => relu(tf, sum(x, around));
    case 'none':
      return sum;
    case 'prelu':
      return behindSum(prelu(store, name, channels));
    case 'scalar-prelu':
      return behindSum(prelu(store, name, 1));
    case 'rprelu':
      return behindSum(rprelu(store, name, channels));
    case 'maxout':
      return behindSum(maxout(store, name, channels));
  }
}
