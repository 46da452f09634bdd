import type { TrainConfig } from '../config/parse-config.js';
import type { Stage } from '../types.js';

/** The stages in the order in which they are run. */
export function stageKeys(config: TrainConfig): Stage[] {
  return (['1', '2'] as const).filter((key) => config.stages[key]);
}

const epochsOf = (config: TrainConfig, key: Stage): number =>
  config.stages[key]!.epochs - config.stages[key]!.firstEpoch;

/** Number of epochs run before a stage. */
export function epochsBefore(config: TrainConfig, key: Stage): number {
  return stageKeys(config).reduce((sum, other) => sum + (other < key ? epochsOf(config, other) : 0), 0);
}

export const totalEpochs = (config: TrainConfig): number =>
  stageKeys(config).reduce((sum, key) => sum + epochsOf(config, key), 0);
