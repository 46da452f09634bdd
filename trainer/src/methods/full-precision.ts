import { identity } from '../quantizers/identity.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';

/**
 * The float networks that the tables of BiPer's paper compare with: ReLU, one shortcut around the two convolutions of a block, and none of
 * what binary networks have in addition. It is for the architectures `..._float`.
 */
export const fullPrecision: Method = {
  title: 'full precision (He et al., CVPR 2016)',
  evidence: 'paper',
  source: 'arXiv:1512.03385',
  weights: () => (w) => w,
  activations: identity,
  scale: 'none',
  style: ({ family }) => ({
    nonlinearity: 'relu',
    skips: 'block',
    shortcut: family === 'resnet20' ? 'slice-pad' : 'conv',
    stem: 'norm-act',
    tail: 'none',
    normScale: 1,
  }),
  preset: ({ family }) =>
    family === 'imagenet-resnet'
      ? oneStage(256, {
          epochs: 90,
          learningRate: 0.1,
          weightDecay: 1e-4,
          schedule: { type: 'steps', at: [30 / 90, 60 / 90], factor: 0.1 },
        })
      : oneStage(128, {
          epochs: 200,
          learningRate: 0.1,
          weightDecay: 1e-4,
          schedule: { type: 'steps', at: [0.5, 0.75], factor: 0.1 },
        }),
};
