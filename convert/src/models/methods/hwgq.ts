import { SignwaveError, type Value } from '@signwave/format';
import { type ActivationLevels, type LevelBits, type LevelConvOptions, levelBits } from '../level-sums.js';
import type { NetworkBuilder } from '../network-builder.js';
import { weightRule, zeroAsPlus } from '../weight-rules.js';
import { storedSigns } from './stored-signs.js';

// methods/hwgq.ts — layers of github.com/zhaoweicai/hwgq, by the names that a .caffemodel has (convert/src/checkpoints/caffemodel.ts).

/** Levels are written as decimals, so that their distances agree up to a rounding. */
const TOLERANCE = 1e-6;

/** The levels that signwave's trainer has for it: trainer/src/methods/hwgq.ts. */
export const HALF_WAVE_LEVELS: ActivationLevels = {
  thresholds: [0, Math.fround(0.807), Math.fround(1.345)],
  top: 1.614,
  atThreshold: 'lower',
};

/**
 * `Quant` with the half-wave function (src/caffe/layers/quant_layer.cpp): 0 and three levels at equal distances, an activation at the nearest.
 * What lies exactly between two gets the lower one.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_TENSOR` if the distances differ.
 */
export function halfWave(g: NetworkBuilder, x: Value, name: string): LevelBits {
  const centers = g.state.take(`${name}.centers`, [3]);
  const [first, second, third] = centers as unknown as readonly [number, number, number];
  const isEven = [second / 2, third / 3].every((step) => Math.abs(step - first) <= TOLERANCE * first);
  // Where only the names of the tensors count, all of them are full of ones.
  if (!isEven && first !== third) {
    throw new SignwaveError(
      'E_CHECKPOINT_TENSOR',
      `tensor "${name}.centers" holds ${centers.join(', ')}: levels at unequal distances from 0 on, which aren't packed`,
    );
  }
  const { fround } = Math;
  const thresholds = [0, fround(first + second) / 2, fround(second + third) / 2];
  return levelBits(g, x, { thresholds, top: third, atThreshold: 'lower' });
}

/**
 * What `BinaryConvolution` and `BinaryInnerProduct` with `use_alpha` do to their weights: signs, with +1 for 0, times the mean magnitude of
 * the filter.
 *
 * @param isStoredBinary whether the file has the result in place of the latent weights: the authors' models with `BW` in their names.
 */
export function hwgqWeights(name: string, isStoredBinary: boolean): Pick<LevelConvOptions, 'weights' | 'tensor'> {
  return isStoredBinary
    ? { weights: storedSigns('filter') }
    : { weights: zeroAsPlus(weightRule('bireal', 0)), tensor: `${name}.latent` };
}

/** `BatchNorm`, which has neither gamma nor beta. */
export const caffeNorm = (g: NetworkBuilder, x: Value, name: string): Value =>
  g.batchNorm(x, name, { isAffine: false });

/** `Scale`: a factor and a term for each channel. */
export function caffeScale(g: NetworkBuilder, x: Value, name: string): Value {
  const shape = [g.shapeOf(x).channels];
  return g.affine(x, g.state.take(`${name}.weight`, shape), g.state.take(`${name}.bias`, shape));
}
