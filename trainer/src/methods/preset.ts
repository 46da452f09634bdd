import type { LatentSettings, OptimizerName, WeightDecayRule } from '../optimizer/index.js';
import type { Schedule } from '../optimizer/schedule.js';
import type { Stage } from '../types.js';

/** Hyper-parameters of one stage. */
export interface StageSettings {
  /** The schedule's length; epochs `firstEpoch` to `epochs` - 1 are run. */
  readonly epochs: number;
  /** First epoch to run. It is 1 in BiPer's second stage, which starts counting after an epoch that it doesn't run. */
  readonly firstEpoch: number;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly schedule: Schedule;
  /** Epochs in which the learning rate rises to its full value; 0 for no warm-up. */
  readonly warmUpEpochs: number;
  readonly weightDecay: number;
  readonly decay: WeightDecayRule;
  /** Of SGD. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Another optimizer for the latent weights of binary layers; absent: the same. */
  readonly latent?: LatentSettings;
  /** Training images on which statistics of batch norms are recomputed before each test; 0 for the running ones. */
  readonly statisticsImages: number;
  /** Weight of the loss that a method has beside the cross entropy: for BiPer, of the sum over layers of mean(sin(omega0 w)^2). */
  readonly tau: number;
}

/** The hyper-parameters that a method was published with. */
export interface Preset {
  readonly batchSize: number;
  readonly labelSmoothing?: number;
  /** Latent weights are clipped to plus or minus this after each step; absent: they aren't, unless the method's quantizer does it. */
  readonly weightClip?: number;
  readonly stages: Readonly<Partial<Record<Stage, StageSettings>>>;
}

/** What most methods have in common. */
const COMMON = {
  firstEpoch: 0,
  optimizer: 'sgd',
  schedule: { type: 'cosine' },
  warmUpEpochs: 0,
  weightDecay: 0,
  decay: 'all',
  momentum: 0.9,
  nesterov: false,
  statisticsImages: 0,
  tau: 0,
} as const satisfies Partial<StageSettings>;

/** Settings of a stage: SGD with momentum 0.9 and half a cosine to 0, but for what is given. */
export function stageOf(given: Pick<StageSettings, 'epochs' | 'learningRate'> & Partial<StageSettings>): StageSettings {
  return { ...COMMON, ...given };
}

/** The preset of a method that trains in one stage. */
export function oneStage(batchSize: number, stage: Parameters<typeof stageOf>[0]): Preset {
  return { batchSize, stages: { '1': stageOf(stage) } };
}

/** The preset with a weight for the method's own loss. */
export function withTau({ stages, ...preset }: Preset, tau: number): Preset {
  return {
    ...preset,
    stages: Object.fromEntries(Object.entries(stages).map(([key, stage]) => [key, { ...stage, tau }])),
  };
}
