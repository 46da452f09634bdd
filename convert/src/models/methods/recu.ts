import { SignwaveError } from '@signwave/format';
import type { MethodConv } from '../residual-block.js';

/**
 * `BinarizeConv2d` of github.com/z-hXu/ReCU (modules/binarized_modules.py) in evaluation: sign of the activations, sign of the centred weights,
 * then the learned scale alpha. The weights are clamped to +-Q(tau) before their sign, which changes none while tau is above 0.5.
 */
export const recuConv: MethodConv = (g, x, name, options) => {
  const y = g.binaryConv(x, name, { ...options, weights: 'recu' });
  const [tau] = g.state.take(`${name}.tau`, [], [1]);
  if (!(tau! > 0.5 && tau! <= 1)) {
    throw new SignwaveError(
      'E_CHECKPOINT_TENSOR',
      `tensor "${name}.tau" holds ${tau}, expected above 0.5 and at most 1: at 0.5 ReCU clamps every weight to 0. ` +
        'ReCU trains with 0.85 to 0.99; is this a checkpoint of another method?',
    );
  }
  return g.learnedScale(y, `${name}.alpha`, [options.outChannels, 1, 1]);
};
