import type { Stage } from '../types.js';

const WARM_UP_EPOCHS = 5;
/** In a run with warm-up, the authors' scheduler starts to step at this epoch. */
const FIRST_SCHEDULED_EPOCH = 4;

export interface AuthorsScheduleOptions {
  readonly learningRate: number;
  /** `--epochs`, counted from 0 in both stages. */
  readonly epochs: number;
  readonly hasWarmUp: boolean;
  /** Stage 2 begins at epoch 1, with its scheduler one step ahead of the epoch. */
  readonly stage: Stage;
}

/** First epoch of a stage in the authors' code: 1 in stage 2, whose checkpoint counts as epoch 0. */
export function firstEpochOf(stage: Stage): number {
  return stage === '1' ? 0 : 1;
}

/**
 * Learning rate of an epoch in the authors' code (main.py, main_stage2.py): a `CosineAnnealingLR` that the warm-up overwrites.
 *
 *   with warm-up, T = epochs - 4:   lr (e + 1)/5                       for e < 5
 *                                   lr c(t0 + e - 4) / c(t0)           after that
 *   without, T = epochs:            lr c(e) / c(0)
 *
 *   c(t) = 1 + cos(pi t / T); t0 = 0 in stage 1 and 1 in stage 2
 *
 * In stage 2 with warm-up the last epoch has rate 0.
 */
export function authorsSchedule(options: AuthorsScheduleOptions): (epoch: number) => number {
  const { learningRate, epochs, hasWarmUp, stage } = options;
  const period = epochs - (hasWarmUp ? FIRST_SCHEDULED_EPOCH : 0);
  const cosine = (time: number): number => 1 + Math.cos((Math.PI * time) / period);
  if (!hasWarmUp) return (epoch) => (learningRate * cosine(epoch)) / cosine(0);
  const start = firstEpochOf(stage);
  return (epoch) => {
    if (epoch < WARM_UP_EPOCHS) return (learningRate * (epoch + 1)) / WARM_UP_EPOCHS;
    return (learningRate * cosine(start + epoch - FIRST_SCHEDULED_EPOCH)) / cosine(start);
  };
}

export interface CosineScheduleOptions {
  readonly learningRate: number;
  readonly epochs: number;
  /** Epochs in which the rate rises to its full value; 0 for no warm-up. */
  readonly warmUpEpochs: number;
}

/**
 * A linear warm-up of W epochs, then half a cosine from the full rate towards 0: lr (e + 1)/(W + 1) for e < W, then lr/2 (1 + cos(pi (e -
 * W) / (epochs - W))).
 */
export function cosineSchedule({
  learningRate,
  epochs,
  warmUpEpochs,
}: CosineScheduleOptions): (epoch: number) => number {
  return (epoch) => {
    if (epoch < warmUpEpochs) return (learningRate * (epoch + 1)) / (warmUpEpochs + 1);
    const time = (epoch - warmUpEpochs) / (epochs - warmUpEpochs);
    return (learningRate / 2) * (1 + Math.cos(Math.PI * time));
  };
}
