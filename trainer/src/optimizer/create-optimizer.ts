import type { Parameter, Tf } from '../types.js';
import { Adam } from './adam.js';
import type { Optimizer, OptimizerName } from './optimizer.js';
import { Sgd } from './sgd.js';
import type { WeightDecayRule } from './weight-decay.js';

export interface OptimizerOptions {
  readonly optimizer: OptimizerName;
  /** Of SGD. */
  readonly momentum: number;
  /** Of SGD. */
  readonly nesterov: boolean;
  readonly weightDecay: number;
  /** Which parameters decay. */
  readonly decay: WeightDecayRule;
}

export function createOptimizer(tf: Tf, parameters: readonly Parameter[], options: OptimizerOptions): Optimizer {
  const { optimizer, momentum, nesterov, weightDecay, decay: decayed } = options;
  if (optimizer === 'sgd') return new Sgd(tf, parameters, { momentum, nesterov, weightDecay, decayed });
  return new Adam(tf, parameters, { isDecoupled: optimizer === 'adamw', weightDecay, decayed });
}
