import type { Parameter, Tf } from '../types.js';
import { Adam } from './adam.js';
import { LatentOptimizer } from './latent-optimizer.js';
import type { Optimizer, OptimizerName } from './optimizer.js';
import { Sgd } from './sgd.js';
import type { WeightDecayRule } from './weight-decay.js';

/** An optimizer for the latent weights of binary layers alone, on the schedule of the others' rate. */
export interface LatentSettings {
  readonly optimizer: OptimizerName;
  /** Its full rate. */
  readonly learningRate: number;
}

export interface OptimizerOptions {
  readonly optimizer: OptimizerName;
  /** The full rate, which `latent.learningRate` is relative to. */
  readonly learningRate: number;
  readonly latent?: LatentSettings | undefined;
  /** Of SGD. */
  readonly momentum: number;
  /** Of SGD. */
  readonly nesterov: boolean;
  readonly weightDecay: number;
  /** Which parameters decay. */
  readonly decay: WeightDecayRule;
}

export function createOptimizer(tf: Tf, parameters: readonly Parameter[], options: OptimizerOptions): Optimizer {
  const { latent, learningRate } = options;
  const latents = latent ? parameters.filter(({ isLatent = false }) => isLatent) : [];
  if (!latent || latents.length === 0) return plainOptimizer(tf, parameters, options);
  const others = parameters.filter(({ isLatent = false }) => !isLatent);
  return new LatentOptimizer(
    plainOptimizer(tf, others, options),
    plainOptimizer(tf, latents, { ...options, optimizer: latent.optimizer }),
    latent.learningRate / learningRate,
  );
}

function plainOptimizer(tf: Tf, parameters: readonly Parameter[], options: OptimizerOptions): Optimizer {
  const { optimizer, momentum, nesterov, weightDecay, decay: decayed } = options;
  if (optimizer === 'sgd') return new Sgd(tf, parameters, { momentum, nesterov, weightDecay, decayed });
  return new Adam(tf, parameters, { isDecoupled: optimizer === 'adamw', weightDecay, decayed });
}
