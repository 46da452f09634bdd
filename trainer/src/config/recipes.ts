import { authorsSchedule, cosineSchedule, type WeightDecayRule } from '../optimizer/index.js';
import type { WeightQuantizerName } from '../quantizers/index.js';
import type { Stage } from '../types.js';

/** The two sources that hyper-parameters are taken from: the authors' published scripts, or the text of the paper. */
export const RECIPES = ['code', 'paper'] as const;
export type RecipeName = (typeof RECIPES)[number];

/** Which parameters decay: all of them, or only those whose name has `conv` or `fc` in it, as for ImageNet. */
export const DECAY_GROUPS = ['all', 'conv-and-fc'] as const satisfies readonly WeightDecayRule[];

/** Hyper-parameters of one of the two stages. */
export interface StageSettings {
  /** The schedule's length; epochs `firstEpoch` to `epochs` - 1 are run. */
  readonly epochs: number;
  /** 1 in the authors' second stage: it counts on from an epoch that it doesn't run. */
  readonly firstEpoch: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly decay: WeightDecayRule;
  readonly momentum: number;
  /** Weight of the regulariser, the sum over binary layers of mean(sin(omega0 w)^2). */
  readonly tau: number;
  /** Epochs in which the learning rate rises to its full value; 0: none. The authors' code knows 0 and 5. */
  readonly warmUpEpochs: number;
}

export const CODE_WARM_UP_EPOCHS = 5;

type Table = Readonly<Record<Stage, StageSettings>> & { readonly batchSize: number };

const SGD = { firstEpoch: 0, momentum: 0.9 } as const;

/** run_stg1.sh and run_stg2.sh of the authors' `cifar10` folder. */
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

/** Those of its `imagenet` folder, where the regulariser is commented out. */
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

/**
 * Section 5 of the paper; it names no epochs and no batch size, so these are the scripts'.
 */
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

/** @param isImagenet images from files, as opposed to a small set in memory. */
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
