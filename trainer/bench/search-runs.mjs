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

/** The checkpoint of another run's seed 0, which is trained first. @param {string} name @returns {string} */
export const checkpointOf = (name) => `run:${name}`;

/** What a stage has that starts from a trained network: a rate that falls from the first step on, and no pull on the weights. */
export const FINE_TUNING = { schedule: { type: 'linear' }, weightDecay: 0, tau: 0, warmUpEpochs: 0, firstEpoch: 0 };

/** @type {readonly SearchRun[]} */
export const SEARCH_RUNS = [
  { name: 'base', question: "the authors' recipe, shortened", change: {} },
  { name: 'adam-0.003', question: 'Adam, linear to 0, no weight decay, no regulariser', change: adam(3e-3) },
  {
    name: 'twin',
    question: 'the same network with real weights and activations',
    change: {
      architecture: 'resnet20_float',
      network: { nonlinearity: 'hardtanh' },
      stages: {
        1: { epochs: 12, learningRate: 0.1, weightDecay: 5e-4, nesterov: true, schedule: { type: 'linear' }, tau: 0 },
        2: null,
      },
    },
  },
  {
    name: 'warm',
    question: 'stage 2 alone, from the twin, SGD at 0.01, no weight decay, no regulariser',
    change: {
      warmStart: { checkpoint: checkpointOf('twin') },
      stages: { 1: null, 2: { ...FINE_TUNING, epochs: 3, learningRate: 0.01 } },
    },
  },
  { name: 'warm-0.05', question: 'SGD at 0.05', from: 'warm', change: { stages: { 2: { learningRate: 0.05 } } } },
  { name: 'warm-0.003', question: 'SGD at 0.003', from: 'warm', change: { stages: { 2: { learningRate: 0.003 } } } },
  {
    name: 'warm-adam',
    question: 'Adam at 0.001',
    from: 'warm',
    change: { stages: { 2: { learningRate: 1e-3, optimizer: 'adam' } } },
  },
  {
    name: 'warm-stage-1',
    question: 'stage 1 in its place (real weights), SGD at 0.02',
    from: 'warm',
    change: { stages: { 1: { ...FINE_TUNING, ...STATISTICS, epochs: 3, learningRate: 0.02 }, 2: null } },
  },
  {
    name: 'twin-40',
    question: '40 epochs, less weight decay',
    from: 'twin',
    change: { stages: { 1: { epochs: 40, weightDecay: 3e-4 } } },
  },
  {
    name: 'warm-40',
    question: 'from the twin of 40 epochs',
    from: 'warm',
    change: { warmStart: { checkpoint: checkpointOf('twin-40') } },
  },
];
