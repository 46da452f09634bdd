import type { Initialiser } from '../layers/initialisers.js';
import type { RandomState, Scalar, Stage, StateBuffer, Tensor, Tensor4D, Tf, Variable } from '../types.js';

/** How far training has come; some estimators change their form on the way. */
export interface Phase {
  readonly stage: Stage;
  /** Share of this stage's epochs that is done, in [0, 1). Estimators that anneal do it by this. */
  readonly progress: number;
}

/** Shape of a layer's weights: (O, I, kh, kw). */
export type FilterShape = readonly [outer: number, inner: number, height: number, width: number];

/**
 * A binary layer, as its quantizers see it. What they declare here is in the state dict, in every checkpoint and, if it is a parameter, in
 * the optimizer, under the layer's name: `rotate` becomes `layer1.0.conv1.rotate`.
 */
export interface BinaryLayerState {
  readonly name: string;
  readonly shape: FilterShape;
  /** Latent weights, (O, I, kh, kw). */
  readonly weight: Variable;
  /** For the initial values of buffers. */
  readonly random: RandomState;
  /** Their initial values, for parameters that start from them. */
  readonly initial: Float32Array;
  /** @param options.rate multiplies the learning rate of this parameter; default 1. */
  parameter(
    name: string,
    shape: readonly number[],
    initialise: Initialiser,
    options?: { readonly rate?: number },
  ): Variable;
  /** @param value belongs to the buffer from now on. */
  buffer(name: string, value: Tensor): StateBuffer;
  /** Adds a term to the loss, which `tau` weighs; it is only computed if `tau` is not 0. */
  loss(term: (phase: Phase) => Scalar): void;
  /** What to do before the first step of every epoch. A run that goes on within an epoch doesn't repeat it. */
  beforeEpoch(task: (phase: Phase) => Promise<void>): void;
  /** What to do with parameters after every step, such as clipping them; and once before the first. */
  afterStep(task: () => void): void;
}

/**
 * What a layer computes with in place of its latent weights.
 *
 * @param weights latent, (O, I, kh, kw).
 * @returns the same shape, with the method's gradient.
 */
export interface WeightQuantizer {
  (weights: Tensor4D, phase: Phase, training: boolean): Tensor4D;
  /**
   * The same as a product. A layer that finds it scales the sums of signs, not the signs, so that a sum that is 0 stays 0: a ReLU directly
   * behind a layer would take what rounding leaves of it for a positive number now and then.
   */
  readonly factors?: (weights: Tensor4D, phase: Phase) => ScaledSigns;
}

export interface ScaledSigns {
  /** (O, I, kh, kw). */
  readonly signs: Tensor4D;
  /** One factor for the layer, (). */
  readonly scale: Scalar;
}

/**
 * What a layer computes with in place of its input.
 *
 * @param input (N, H, W, C).
 * @returns the same shape, with the method's gradient.
 */
export type ActivationQuantizer = (input: Tensor4D, training: boolean, phase: Phase) => Tensor4D;

/** The values of a method's options, complete: what a config leaves out has the method's default. */
export type MethodOptions = Readonly<Record<string, number | string>>;

export interface QuantizerOptions {
  /** Frequency of BiPer's wave, 2 pi / T; other quantizers ignore it. */
  readonly omega0: number;
  /** Those of the method that the quantizer is of. */
  readonly options: MethodOptions;
}

export type MakeWeightQuantizer = (tf: Tf, options: QuantizerOptions, layer: BinaryLayerState) => WeightQuantizer;
export type MakeActivationQuantizer = (
  tf: Tf,
  options: QuantizerOptions,
  layer: BinaryLayerState,
) => ActivationQuantizer;
