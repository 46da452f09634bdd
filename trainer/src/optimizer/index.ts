export { createOptimizer, type LatentSettings } from './create-optimizer.js';
export { OPTIMIZERS, type Optimizer, type OptimizerName } from './optimizer.js';
export { learningRateOf } from './schedule.js';
export { DECAY_RULES, type WeightDecayRule } from './weight-decay.js';
