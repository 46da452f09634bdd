import type { TrainConfig } from '../config/parse-config.js';
import type { Stage } from '../types.js';

/** Sums over the batches of an epoch done so far. */
export interface EpochSums {
  readonly images: number;
  /** Sum of the batches' losses, each times its number of images. */
  readonly loss: number;
  readonly correct: number;
}

export const NO_SUMS: EpochSums = { images: 0, loss: 0, correct: 0 };

/** How far a run has come. Together with the tensors it fully determines how the run goes on; no clock has a part in it. */
export interface TrainingState {
  readonly config: TrainConfig;
  /** The back end that made the last step. */
  readonly backend: string;
  readonly random: string;
  readonly stage: Stage;
  /** Epoch of the next batch, counted as in the stage's settings. */
  readonly epoch: number;
  readonly batch: number;
  /** Steps done in all stages. */
  readonly step: number;
  readonly sums: EpochSums;
  /** Best accuracy on the test images in this stage, 0 to 1; -1 before the first test. `bestEpoch` is its epoch. */
  readonly bestAccuracy: number;
  readonly bestEpoch: number;
}
