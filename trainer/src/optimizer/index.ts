export {
  type AuthorsScheduleOptions,
  authorsSchedule,
  type CosineScheduleOptions,
  cosineSchedule,
  firstEpochOf,
} from './schedule.js';
export { Sgd, type SgdOptions } from './sgd.js';
export type { WeightDecayRule } from './weight-decay.js';
