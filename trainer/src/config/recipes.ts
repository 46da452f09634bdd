import { authorsSchedule, cosineSchedule, type WeightDecayRule } from '../optimizer/index.js';
import type { WeightQuantizerName } from '../quantizers/index.js';
import type { Stage } from '../types.js';

/** The two sources of hyper-parameters: the authors' published scripts, and the text of the paper. */
export const RECIPES = ['code', 'paper'] as const;
export type RecipeName = (typeof RECIPES)[number];

/** Which parameters decay: all of them, or, as for ImageNet, only those with `conv` or `fc` in their names. */
export const DECAY_GROUPS = ['all', 'conv-and-fc'] as const satisfies readonly WeightDecayRule[];

/** Hyper-parameters of one of the two stages. */
export interface StageSettings {
  /** The schedule's length; epochs `firstEpoch` to `epochs` - 1 are run. */
  readonly epochs: number;
  /** First epoch to run. It is 1 in the authors' second stage, which starts counting after an epoch that it doesn't run. */
  readonly firstEpoch: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly decay: WeightDecayRule;
  readonly momentum: number;
  /** Weight of the regulariser, the sum over binary layers of mean(sin(omega0 w)^2). */
  readonly tau: number;
  /** Epochs in which the learning rate rises to its full value; 0 for no warm-up. The authors' code supports 0 and 5. */
  readonly warmUpEpochs: number;
}

export const CODE_WARM_UP_EPOCHS = 5;

type Table = Readonly<Record<Stage, StageSettings>> & { readonly batchSize: number };

const SGD = { firstEpoch: 0, momentum: 0.9 } as const;

/** Values of run_stg1.sh and run_stg2.sh in the authors' `cifar10` folder. */
const CODE_CIFAR: Table = {
  batchSize: 256,
  '1': {
    ...SGD,
    epochs: 600,
    learningRate: 0.021,
    weightDecay: 0.0016,
    decay: 'all',
    tau: 0.037,
    warmUpEpochs: CODE_WARM_UP_EPOCHS,
  },
  '2': {
    ...SGD,
    epochs: 300,
    firstEpoch: 1,
    learningRate: 0.0037,
    weightDecay: 0.00016,
    decay: 'all',
    tau: 0.0468,
    warmUpEpochs: CODE_WARM_UP_EPOCHS,
  },
};

/** Values of the scripts in the authors' `imagenet` folder, where the regulariser is commented out. */
const CODE_IMAGENET: Table = {
  batchSize: 512,
  '1': {
    ...SGD,
    epochs: 200,
    learningRate: 0.1,
    weightDecay: 1e-4,
    decay: 'conv-and-fc',
    tau: 0,
    warmUpEpochs: CODE_WARM_UP_EPOCHS,
  },
  '2': { ...SGD, epochs: 100, learningRate: 0.01, weightDecay: 1e-4, decay: 'conv-and-fc', tau: 0, warmUpEpochs: 0 },
};

/** Values of section 5 of the paper. It gives no epochs and no batch size, so those are the scripts'. */
function ofPaper(code: Table): Table {
  const common = { decay: 'all', tau: 0, warmUpEpochs: 0, firstEpoch: 0 } as const;
  return {
    batchSize: code.batchSize,
    '1': { ...code[1], ...common, learningRate: 0.1, weightDecay: 5e-4 },
    '2': { ...code[2], ...common, learningRate: 0.01, weightDecay: 5e-5 },
  };
}

/** What scales a binary layer's output: alpha, which the code learns, or gamma, which the paper computes from BiPer's latent weights. */
export function outputScaleOf(recipe: RecipeName, weights: WeightQuantizerName): 'learned' | 'wave' {
  return recipe === 'paper' && weights === 'biper' ? 'wave' : 'learned';
}

/** @param isImagenet whether images come from files, as opposed to a small set in memory. */
export function recipeTable(recipe: RecipeName, isImagenet: boolean): Table {
  const code = isImagenet ? CODE_IMAGENET : CODE_CIFAR;
  return recipe === 'code' ? code : ofPaper(code);
}

/**
 * The learning rate of an epoch.
 *
 * @param epoch counted as in the stage's settings, from `firstEpoch`.
 */
export function learningRateOf(epoch: number, settings: StageSettings, recipe: RecipeName): number {
  const { epochs, firstEpoch, learningRate, warmUpEpochs } = settings;
  if (recipe === 'paper') return cosineSchedule({ learningRate, epochs, warmUpEpochs })(epoch);
  const stage = firstEpoch === 0 ? '1' : '2';
  return authorsSchedule({ learningRate, epochs, hasWarmUp: warmUpEpochs > 0, stage })(epoch);
}
