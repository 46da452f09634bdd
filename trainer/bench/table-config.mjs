// The configs of the runs that `npm run tables` makes: a method's published recipe, shortened to the budget that all of them have.

/** @typedef {import('../src/methods/preset.ts').Preset} Preset */
/** @typedef {import('../src/methods/preset.ts').StageSettings} StageSettings */
/** @typedef {Pick<import('./table-rows.mjs').TableRow, 'architecture' | 'method' | 'methodOptions'>} Trained */
/** @typedef {{ images: number, testImages: number, epochs: number, batch: number }} Budget */

/** @param {Trained} row @param {number} seed @returns the name of its run, which rows of the same network and method share. */
export function runName({ architecture, method, methodOptions = {} }, seed) {
  return [architecture, method, ...Object.values(methodOptions), `seed${seed}`].join('-');
}

/**
 * A run's config, without data, output and teacher. Every value that depends on the budget is written out.
 *
 * @param {Trained} row
 * @param {Preset} preset of its method, for its network
 * @param {Budget} budget
 * @param {number} seed
 */
export function tableConfig({ architecture, method, methodOptions }, preset, { epochs, batch }, seed) {
  return {
    architecture,
    method,
    ...(methodOptions && { methodOptions }),
    stages: shortened(preset, epochs, batch),
    batchSize: batch,
    ...(preset.labelSmoothing !== undefined && { labelSmoothing: preset.labelSmoothing }),
    seed,
    metricsEverySteps: 1000,
  };
}

/**
 * @param {Preset} preset
 * @param {number} epochs of all stages together
 * @param {number} batch
 */
function shortened({ stages, batchSize }, epochs, batch) {
  const published = /** @type {[string, StageSettings][]} */ (Object.entries(stages));
  const lengths = splitEpochs(
    epochs,
    published.map(([, stage]) => lengthOf(stage)),
  );
  return Object.fromEntries(published.map(([key, stage], i) => [key, stageFor(stage, lengths[i], batch / batchSize)]));
}

/**
 * Epochs of each stage, at least one, in proportion to the published ones.
 *
 * @param {number} epochs
 * @param {readonly number[]} published
 */
export function splitEpochs(epochs, published) {
  if (published.length === 1) return [epochs];
  const [first, second] = published;
  const ofFirst = Math.min(epochs - 1, Math.max(1, Math.round((epochs * first) / (first + second))));
  return [ofFirst, epochs - ofFirst];
}

/** @param {StageSettings} stage */
const lengthOf = ({ epochs, firstEpoch }) => epochs - firstEpoch;

/**
 * @param {StageSettings} stage
 * @param {number} epochs to run
 * @param {number} batchRatio batch size over the published one
 */
function stageFor(stage, epochs, batchRatio) {
  const learningRate = stage.learningRate * (stage.optimizer === 'sgd' ? batchRatio : Math.sqrt(batchRatio));
  const published = lengthOf(stage);
  if (epochs === published) return { ...stage, learningRate };
  const warmUpEpochs = Math.round((stage.warmUpEpochs * epochs) / published);
  // BiPer's own schedule has a warm-up of a fixed length, or none.
  const isFixed = stage.schedule.type === 'biper-code' && warmUpEpochs !== stage.warmUpEpochs;
  return { ...stage, learningRate, epochs, firstEpoch: 0, warmUpEpochs: isFixed ? 0 : warmUpEpochs };
}
