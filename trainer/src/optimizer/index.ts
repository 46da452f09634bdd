export { authorsSchedule, cosineSchedule, firstEpochOf } from './schedule.js';
export { Sgd } from './sgd.js';
export type { WeightDecayRule } from './weight-decay.js';
