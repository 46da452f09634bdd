import type { Value } from '@signwave/format';
import type { NetworkBuilder } from './network-builder.js';
import type { PadValue } from './pads-of-ones.js';

export interface MethodConvOptions {
  readonly outChannels: number;
  /** Default 3; the pad is half of it. */
  readonly kernel?: number;
  readonly stride?: number;
  readonly groups?: number;
  /** What lies around the signs; default: 0. */
  readonly padValue?: PadValue;
}

/** A method's binary convolution, which includes the signs of the activations. */
export type MethodConv = (g: NetworkBuilder, x: Value, name: string, options: MethodConvOptions) => Value;

/** What differs between the methods' residual networks. */
export interface ResidualStyle {
  readonly conv: MethodConv;
  /** Whether a shortcut leads around each convolution, or one around both. */
  readonly skips: 'conv' | 'block';
  /**
   * What follows a convolution: batch norm, nonlinearity and, if given, the shortcut, in the method's order.
   *
   * @param at prefix of the module's names: `layer1.0.`, or empty in the stem. @param index 1 or 2, as in `bn1`.
   */
  finish(g: NetworkBuilder, x: Value, at: string, index: number, shortcut?: Value): Value;
}

/** Why a network with float activations has to be named. */
export const FLOAT_ACTIVATIONS =
  'its activations are floats, and tensors of a network with 1-bit activations look the same';

/** Why a network has to be named if its authors' network with float weights has the same tensors. */
export const FLOAT_WEIGHTS = 'tensors of its authors’ network with float weights look the same';

/**
 * Two binary convolutions with shortcuts. @param shortcut of the block: the operand, or something computed from it that has the result's
 * shape.
 */
export function residualBlock(
  g: NetworkBuilder,
  x: Value,
  at: string,
  options: { readonly outChannels: number; readonly stride: number },
  { conv, skips, finish }: ResidualStyle,
  shortcut: Value,
): Value {
  const { outChannels, stride } = options;
  const first = conv(g, x, `${at}conv1`, { outChannels, stride });
  const y = finish(g, first, at, 1, skips === 'conv' ? shortcut : undefined);
  const second = conv(g, y, `${at}conv2`, { outChannels });
  return finish(g, second, at, 2, skips === 'conv' ? y : shortcut);
}

type Finish = ResidualStyle['finish'];

/** hardtanh(bn(x) + shortcut). */
export const normHardtanh: Finish = (g, x, at, index, shortcut) =>
  g.hardtanh(plus(g, g.batchNorm(x, `${at}bn${index}`), shortcut));

/** relu(bn(x) + shortcut). */
export const normRelu: Finish = (g, x, at, index, shortcut) =>
  g.relu(plus(g, g.batchNorm(x, `${at}bn${index}`), shortcut));

/** bn(relu(x)) + shortcut. */
export const reluNorm: Finish = (g, x, at, index, shortcut) =>
  plus(g, g.batchNorm(g.relu(x), `${at}bn${index}`), shortcut);

function plus(g: NetworkBuilder, x: Value, shortcut: Value | undefined): Value {
  return shortcut === undefined ? x : g.add(x, shortcut);
}

/** Adds zeros on both sides for the channels that are missing: `F.pad(x, (0, 0, 0, 0, planes // 4, planes // 4))`. */
function withMissingChannels(g: NetworkBuilder, x: Value, channels: number): Value {
  const missing = channels - g.shapeOf(x).channels;
  return missing === 0 ? x : g.padChannels(x, missing / 2, missing / 2);
}

/** The shortcut of a block that halves the map: a 2 x 2 mean, then zeros for the missing channels. */
export function averagedShortcut(g: NetworkBuilder, x: Value, channels: number): Value {
  return withMissingChannels(g, g.avgPool(x, 2), channels);
}

/** The shortcut of a block that halves the map: every second pixel, then zeros for the missing channels (He et al.'s option A). */
export function slicedShortcut(g: NetworkBuilder, x: Value, channels: number): Value {
  return withMissingChannels(g, g.sliceSpatial(x, 2), channels);
}
