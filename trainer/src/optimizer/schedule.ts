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

/**
 * How the learning rate falls from its full value, over the time x in [0, 1) between warm-up and end:
 *
 * - `biper-code`: BiPer's code, {@link authorsSchedule};
 * - `cosine`: (1 + cos(pi x)) / 2, by epochs;
 * - `constant`: 1;
 * - `linear`: 1 - x, by steps;
 * - `poly`: (1 - x)^power, by steps;
 * - `steps`: times `factor` (one for all, or one for each) once x reaches each of `at`, by epochs;
 * - `one-cycle`: rises as a cosine from 1/25 to 1 over the first 30 % and falls to 1/250,000, by steps (PyTorch's `OneCycleLR`, whose peak is one step earlier).
 */
export type Schedule =
  | { readonly type: 'biper-code' | 'cosine' | 'constant' | 'linear' | 'one-cycle' }
  | { readonly type: 'poly'; readonly power: number }
  | { readonly type: 'steps'; readonly at: readonly number[]; readonly factor: number | readonly number[] };

export interface RateSettings {
  readonly schedule: Schedule;
  readonly learningRate: number;
  readonly epochs: number;
  readonly firstEpoch: number;
  readonly warmUpEpochs: number;
}

/**
 * The learning rate of a step. Warm-up is linear: lr (e + 1)/(W + 1) in epoch e of W.
 *
 * @param epoch counted as in the settings, from `firstEpoch`. @param share of this epoch that is done, in [0, 1).
 */
export function learningRateOf(epoch: number, share: number, settings: RateSettings): number {
  const { schedule, learningRate, epochs, firstEpoch, warmUpEpochs } = settings;
  if (schedule.type === 'biper-code') {
    const stage = firstEpoch === 0 ? '1' : '2';
    return authorsSchedule({ learningRate, epochs, hasWarmUp: warmUpEpochs > 0, stage })(epoch);
  }
  if (epoch < warmUpEpochs) return (learningRate * (epoch + 1)) / (warmUpEpochs + 1);
  const length = epochs - warmUpEpochs;
  return learningRate * factorOf(schedule, (epoch - warmUpEpochs) / length, (epoch - warmUpEpochs + share) / length);
}

/** @param byEpoch time at the start of the epoch, in [0, 1). @param byStep time at the step. */
function factorOf(schedule: Schedule, byEpoch: number, byStep: number): number {
  switch (schedule.type) {
    case 'biper-code':
    case 'constant':
      return 1;
    case 'cosine':
      return (1 + Math.cos(Math.PI * byEpoch)) / 2;
    case 'linear':
      return 1 - byStep;
    case 'poly':
      return (1 - byStep) ** schedule.power;
    case 'one-cycle':
      return oneCycle(byStep);
    case 'steps': {
      const { at, factor } = schedule;
      return at.reduce((rate, time, i) => {
        const drop = typeof factor === 'number' ? factor : factor[i]!;
        return byEpoch >= time - ROUNDING ? rate * drop : rate;
      }, 1);
    }
  }
}

/** Less than the time of an epoch in any run: milestones given as e/epochs are reached in epoch e whatever the division rounds to. */
const ROUNDING = 1e-9;

const RISE = 0.3;
const FIRST_FACTOR = 1 / 25;
const LAST_FACTOR = FIRST_FACTOR / 1e4;

function oneCycle(time: number): number {
  const between = (from: number, to: number, x: number): number => to + ((from - to) * (1 + Math.cos(Math.PI * x))) / 2;
  return time < RISE ? between(FIRST_FACTOR, 1, time / RISE) : between(1, LAST_FACTOR, (time - RISE) / (1 - RISE));
}
