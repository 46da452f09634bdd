import type { Stage, Tensor4D, Tf } from '../types.js';

/** How far training has come; some estimators change their form on the way. */
export interface Phase {
  readonly stage: Stage;
  /** Share of this stage's epochs that is done, in [0, 1). IR-Net, ReCU and ReSTE anneal their gradients by it. */
  readonly progress: number;
}

/**
 * What a layer computes with in place of its latent weights.
 *
 * @param weights latent, (O, I, kh, kw).
 * @returns the same shape, with the method's gradient.
 */
export type WeightQuantizer = (weights: Tensor4D, phase: Phase) => Tensor4D;

/**
 * What a layer computes with in place of its input.
 *
 * @param input (N, H, W, C).
 * @returns the same shape, with the method's gradient.
 */
export type ActivationQuantizer = (input: Tensor4D, training: boolean) => Tensor4D;

export interface WeightOptions {
  /** Frequency of BiPer's wave, 2 pi / T; other quantizers ignore it. */
  readonly omega0: number;
}

export interface ActivationOptions {
  /** Bits of DoReFa's activations; other quantizers ignore it. */
  readonly bits: number;
}

export type MakeWeightQuantizer = (tf: Tf, options: WeightOptions) => WeightQuantizer;
export type MakeActivationQuantizer = (tf: Tf, options: ActivationOptions) => ActivationQuantizer;
