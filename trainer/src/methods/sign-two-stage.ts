import { straightThrough } from '../quantizers/estimator.js';
import { perSampleScaled } from '../quantizers/per-sample.js';
import { sign } from '../quantizers/sign.js';
import type { MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor4D } from '../types.js';
import { biperPreset } from './biper-preset.js';
import type { Method } from './method.js';
import type { Preset } from './preset.js';

/**
 * What table 1 of BiPer's paper compares BiPer with: its two stages without the wave.
 *
 *   stage 1   wq = w
 *   stage 2   wq = sign(w), sign(0) = 0;   dL/dw = dL/dwq
 */
const weights: MakeWeightQuantizer = (tf) => {
  const binarize = straightThrough(tf, (w: Tensor4D) => sign(tf, w));
  return (w, { stage }) => (stage === '1' ? w : binarize(w));
};

export const signTwoStage: Method = {
  title: 'sign in place of the wave (table 1 of BiPer)',
  evidence: 'paper',
  source: 'section 5.2.1 of the paper',
  weights,
  activations: perSampleScaled,
  scale: 'uniform',
  style: () => ({}),
  preset: (place) => withoutWave(biperPreset(place)),
  stages: { '1': 'the weights themselves', '2': 'their sign' },
};

/** BiPer's recipe without its regulariser, which is a function of the wave. */
function withoutWave({ batchSize, stages }: Preset): Preset {
  return { batchSize, stages: { '1': { ...stages[1]!, tau: 0 }, '2': { ...stages[2]!, tau: 0 } } };
}
