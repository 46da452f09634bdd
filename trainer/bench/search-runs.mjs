// The runs of the search for a short recipe of BiPer's ResNet-20 on CIFAR-10 (trainer/bench/search.mjs trains them): what each asks, and what
// its config changes.

/** @typedef {{ readonly [key: string]: Patch | string | number | boolean | null | readonly number[] }} Patch */
/**
 * @typedef {object} SearchRun
 * @property {string} name of its folder and its files
 * @property {string} question what it changes, as the document says it
 * @property {string} [from] name of the run whose config it changes; by default the first one's
 * @property {Patch} change laid over that config key by key; null removes one
 * @property {readonly number[]} [seeds] by default 0 alone
 */

/** Recomputed for every test, so that a run's last accuracy isn't that of statistics that lag behind its weights. */
const STATISTICS = { statisticsImages: 1000 };

/** The authors' recipe (their scripts, rates for a batch of 128), in 10 + 5 epochs. */
export const BASE = {
  architecture: 'resnet20_1w1a',
  omega0: 20,
  stages: {
    1: { epochs: 10, warmUpEpochs: 1, learningRate: 0.042, weightDecay: 0.0016, tau: 0.037, ...STATISTICS },
    2: {
      epochs: 5,
      firstEpoch: 0,
      warmUpEpochs: 0,
      learningRate: 0.0074,
      weightDecay: 0.00016,
      tau: 0.0468,
      ...STATISTICS,
    },
  },
  batchSize: 128,
  metricsEverySteps: 1000,
};

/** Of Adam in both stages. @param {number} learningRate @param {number} [last] that of stage 2, by default half of it */
const adam = (learningRate, last = learningRate / 2) => {
  const common = { optimizer: 'adam', schedule: { type: 'linear' }, weightDecay: 0, tau: 0, warmUpEpochs: 0 };
  return { stages: { 1: { ...common, learningRate }, 2: { ...common, learningRate: last } } };
};

/** @type {readonly SearchRun[]} */
export const SEARCH_RUNS = [
  { name: 'base', question: "the authors' recipe, shortened", change: {} },
  { name: 'adam-0.003', question: 'Adam, linear to 0, no weight decay, no regulariser', change: adam(3e-3) },
  {
    name: 'learned-activations',
    question: 'RSign and RPReLU, which make another network',
    from: 'adam-0.003',
    change: { quantizers: { activations: 'rsign' }, network: { nonlinearity: 'rprelu' } },
  },
  { name: 'adam-0.01', question: 'three times the rate', from: 'adam-0.003', change: adam(1e-2) },
  {
    name: 'stage-2-alone',
    question: 'all 15 epochs in stage 2',
    from: 'adam-0.003',
    change: { stages: { 1: null, 2: { epochs: 15, learningRate: 3e-3 } } },
  },
  {
    name: 'small-shifts',
    question: 'shifts of up to 2 pixels, and each image mirrored in every second epoch',
    from: 'adam-0.003',
    change: { data: { augmentation: { cropPadding: 2, flip: 'alternate' } } },
  },
  {
    name: 'omega0-5',
    question: 'omega0 = 5',
    from: 'adam-0.003',
    change: { omega0: 5 },
  },
];
