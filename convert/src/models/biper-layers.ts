import { type GraphBuilder, packBits, SignwaveError, type Value } from '@signwave/format';
import type { State } from './state.js';

/**
 * BiPer's weights at evaluation, eq. 8 of the paper: sign(sin(omega0 * w)). As in the authors' code the product is rounded to
 * float32; the sine and its sign are taken in binary64, which has the sign of the exact sine.
 *
 * @param latent weights as trained, any order; +1 where the result is 1.
 * @throws {SignwaveError} `E_CHECKPOINT_TENSOR` for a weight of exactly 0: its sign is 0 in PyTorch, which one bit can't say.
 */
export function biperBits(latent: Float32Array, omega0: number, name: string): Uint8Array {
  const frequency = Math.fround(omega0);
  const zeros = latent.reduce((count, w) => count + Number(Math.fround(frequency * w) === 0), 0);
  if (zeros > 0) {
    throw new SignwaveError(
      'E_CHECKPOINT_TENSOR',
      `tensor "${name}" holds ${zeros} weights of exactly 0: sign(sin(0)) is 0, neither +1 nor -1. ` +
        'Was it initialised with zeros, or pruned? A checkpoint in training has none.',
    );
  }
  return packBits(latent.length, (i) => Math.sin(Math.fround(frequency * latent[i]!)) > 0);
}

export interface BiperConvOptions {
  readonly omega0: number;
  readonly outChannels: number;
  /** Default 3; the pad is half of it. */
  readonly kernel?: 1 | 3;
  readonly stride?: number;
  readonly groups?: number;
  /** `BinarizeConv2d_32a`: activations stay floats. */
  readonly keepsFloats?: boolean;
  /** The CIFAR version of `BinarizeConv2d` has a tensor `beta`, which only training writes. */
  readonly hasBeta?: boolean;
}

/**
 * `BinarizeConv2d` of github.com/edmav4/BiPer (modules/binarized_modules.py) in evaluation: sign of the activations, sign of the wave of the
 * weights, then the learned scale alpha per output channel. `beta` and `tau` only matter in training.
 */
export function biperConv(g: GraphBuilder, state: State, x: Value, name: string, options: BiperConvOptions): Value {
  const { omega0, outChannels, kernel = 3, stride = 1, groups = 1, keepsFloats = false, hasBeta = false } = options;
  const weights = state.filters({
    name: `${name}.weight`,
    shape: [outChannels, g.shapeOf(x).channels / groups, kernel, kernel],
    pack: (latent, shape) => ({ dtype: 'bits', shape, data: biperBits(latent, omega0, `${name}.weight`) }),
  });
  const alpha = state.take(`${name}.alpha`, [outChannels, 1, 1]);
  if (hasBeta) state.skip(`${name}.beta`, [[outChannels, 1, 1]]);
  state.skip(`${name}.tau`, [[1], []], { isOptional: true });
  const operand = keepsFloats ? x : g.sign(x);
  return g.affine(g.conv(operand, weights, { name, stride, groups, pad: (kernel - 1) / 2 }), alpha);
}

/**
 * The shortcut of BiPer's CIFAR networks where a block halves the map: a 2 x 2 mean, then zeros for the channels that are missing.
 * (`F.pad(x, (0, 0, 0, 0, planes // 4, planes // 4))` where the channels double, nothing where they stay.)
 */
export function averagedShortcut(g: GraphBuilder, x: Value, channels: number): Value {
  const pooled = g.avgPool(x, 2);
  const missing = channels - g.shapeOf(x).channels;
  return missing === 0 ? pooled : g.padChannels(pooled, missing / 2, missing / 2);
}
