import { type GraphBuilder, packBits, SignwaveError, type Tensor, type Value } from '@signwave/format';
import type { State } from './state.js';
import { channelsLast } from './torch-layers.js';

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

/**
 * `BinarizeConv2d` of github.com/edmav4/BiPer (cifar10/modules/binarized_modules.py) in evaluation: sign of the activations, sign of the
 * wave of the weights, then the learned scale alpha per output channel. `beta` and `tau` only matter in training.
 */
export function biperConv(
  g: GraphBuilder,
  state: State,
  x: Value,
  name: string,
  omega0: number,
  outChannels: number,
  stride = 1,
): Value {
  const inChannels = g.shapeOf(x).channels;
  const shape = [outChannels, inChannels, 3, 3] as const;
  const latent = channelsLast(state.take(`${name}.weight`, shape), shape);
  const weights: Tensor = {
    dtype: 'bits',
    shape: [outChannels, 3, 3, inChannels],
    data: biperBits(latent, omega0, `${name}.weight`),
  };
  const alpha = state.take(`${name}.alpha`, [outChannels, 1, 1]);
  state.skip(`${name}.beta`, [[outChannels, 1, 1]]); // ReCU and BiPer's 1W/32A networks have the same tensors but this
  state.skip(`${name}.tau`, [[1], []], { isOptional: true });
  return g.affine(g.conv(g.sign(x), weights, { name, stride, pad: 1 }), alpha);
}
