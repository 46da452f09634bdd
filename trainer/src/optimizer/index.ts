export { createOptimizer } from './create-optimizer.js';
export { OPTIMIZERS, type Optimizer, type OptimizerName } from './optimizer.js';
export { firstEpochOf, learningRateOf, type Schedule } from './schedule.js';
export { DECAY_RULES, type WeightDecayRule } from './weight-decay.js';
