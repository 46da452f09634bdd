import type { Place } from './method.js';
import { type Preset, stageOf } from './preset.js';

/** The two sources of hyper-parameters: the authors' published scripts, and the text of the paper. */
export const RECIPES = ['code', 'paper'] as const;
export type RecipeName = (typeof RECIPES)[number];

export const CODE_WARM_UP_EPOCHS = 5;

const AUTHORS = { schedule: { type: 'biper-code' }, warmUpEpochs: CODE_WARM_UP_EPOCHS } as const;

/** Values of run_stg1.sh and run_stg2.sh in the authors' `cifar10` folder. */
const CODE_CIFAR = {
  batchSize: 256,
  stages: {
    '1': stageOf({ ...AUTHORS, epochs: 600, learningRate: 0.021, weightDecay: 0.0016, tau: 0.037 }),
    '2': stageOf({
      ...AUTHORS,
      epochs: 300,
      firstEpoch: 1,
      learningRate: 0.0037,
      weightDecay: 0.00016,
      tau: 0.0468,
    }),
  },
} as const satisfies Preset;

/** What their loop leaves at its default for networks with float activations: it sets tau on layers of 1W/1A networks alone. */
const CODE_TAU_OF_FLOAT_ACTIVATIONS = 1;

const IMAGENET = { ...AUTHORS, weightDecay: 1e-4, decay: 'conv-and-fc' } as const;

/** Values of the scripts in the authors' `imagenet` folder, where the regulariser is commented out. */
const CODE_IMAGENET = {
  batchSize: 512,
  stages: {
    '1': stageOf({ ...IMAGENET, epochs: 200, learningRate: 0.1 }),
    '2': stageOf({ ...IMAGENET, epochs: 100, learningRate: 0.01, warmUpEpochs: 0 }),
  },
} as const satisfies Preset;

/** What scales a binary layer's output: alpha, which the code learns, or gamma, which the paper computes from BiPer's latent weights. */
export function outputScaleOf(recipe: RecipeName, weights: string): 'learned' | 'wave' {
  return recipe === 'paper' && weights === 'biper' ? 'wave' : 'learned';
}

/** What BiPer's authors ran. */
export function biperPreset({ family, precision }: Place): Preset {
  if (family === 'imagenet-resnet') return CODE_IMAGENET;
  if (precision !== '1w32a') return CODE_CIFAR;
  const { batchSize, stages } = CODE_CIFAR;
  const tau = CODE_TAU_OF_FLOAT_ACTIVATIONS;
  return { batchSize, stages: { '1': { ...stages[1], tau }, '2': { ...stages[2], tau } } };
}

/** Values of section 5 of the paper. It gives no epochs and no batch size, so those are the scripts'. */
export function paperPreset({ family }: Place): Preset {
  const { batchSize, stages } = family === 'imagenet-resnet' ? CODE_IMAGENET : CODE_CIFAR;
  const ofPaper = { decay: 'all', tau: 0, warmUpEpochs: 0, firstEpoch: 0, schedule: { type: 'cosine' } } as const;
  return {
    batchSize,
    stages: {
      '1': { ...stages[1], ...ofPaper, learningRate: 0.1, weightDecay: 5e-4 },
      '2': { ...stages[2], ...ofPaper, learningRate: 0.01, weightDecay: 5e-5 },
    },
  };
}
