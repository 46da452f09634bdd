import type { Initialiser } from '../layers/initialisers.js';
import type { NetworkStyle } from '../models/network-style.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer, MethodOptions, Phase } from '../quantizers/types.js';
import type { Scalar, Stage, Tensor, Tensor1D, Tensor2D, Tf, Variable } from '../types.js';
import type { Preset } from './preset.js';

/** Kinds of networks that methods build differently. `demo_1w1a` is a small `resnet20`. */
export const FAMILIES = ['resnet20', 'resnet18', 'vgg-small', 'imagenet-resnet', 'quicknet'] as const;
export type Family = (typeof FAMILIES)[number];

/** What is binary between stem and classifier: weights and activations, the weights alone, or nothing. */
export type Precision = '1w1a' | '1w32a' | 'float';

/** What a method is built for. */
export interface Place {
  readonly family: Family;
  readonly precision: Precision;
}

/**
 * What the implementation of a method was written from: the authors' code (or, if so said, somebody else's), the text of the paper, or its
 * abstract alone. The last is an approximation, and no reproduction.
 */
export type Evidence = 'code' | 'paper' | 'abstract';

/**
 * The factor of each output channel of a binary layer, in addition to what the weight quantizer includes: none, or a learned one (`alpha`)
 * that starts uniform in [0, 1) or with the mean magnitude of the filter's latent weights.
 */
export type ScaleRule = 'none' | 'uniform' | 'mean-abs';

/** One option of a method, with its default, which may differ between networks. A config gives others as `methodOptions`. */
export type OptionSpec =
  | {
      readonly default: number | ((place: Place) => number);
      readonly min: number;
      readonly max: number;
      readonly isWhole?: boolean;
    }
  | { readonly default: string; readonly among: readonly string[] };

/** What a method's own loss is computed from. */
export interface LossInputs {
  /** Maps of this forward pass, by name: the output of every batch norm (`layer1.0.bn1`), and of every stage (`stage1`). */
  readonly features: ReadonlyMap<string, Tensor>;
  /** The same of the teacher, for methods with one. */
  readonly teacher: ReadonlyMap<string, Tensor> | undefined;
  readonly logits: Tensor2D;
  /** (N), int32. */
  readonly labels: Tensor1D;
  readonly phase: Phase;
}

/** What a method's own loss may take of the network's structure. */
export interface LossNetwork {
  /** Number of stages, whose maps are features; 0 in networks without any. */
  readonly stages: number;
  /** Names of the binary layers, in order. */
  readonly binaryLayers: readonly string[];
}

/** Declares a parameter that belongs to the method and to no layer. */
export type DeclareParameter = (name: string, shape: readonly number[], initialise: Initialiser) => Variable;

/** A system that trains binary networks: what is written in its paper and done in its authors' code. */
export interface Method {
  /** "IR-Net (Qin et al., CVPR 2020)". */
  readonly title: string;
  readonly evidence: Evidence;
  /** Where it was read: a repository and commit, or a paper's number. */
  readonly source: string;
  readonly weights: MakeWeightQuantizer;
  readonly activations: MakeActivationQuantizer;
  readonly scale: ScaleRule;
  /** Whether the state dict has what `BinarizeConv2d` of BiPer's code leaves there and nothing reads: `tau`, for CIFAR also `beta`. */
  readonly hasRelics?: boolean;
  /** The least scale (gamma) of batch norms; after each step, smaller ones are raised to it. Default: any will do. */
  readonly minNormScale?: number;
  /** Initial latent weights of binary convolutions; default: those of the network. */
  readonly initialise?: Initialiser;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** Families besides ResNets and VGG that the method has a recipe for; other methods train them as they train ImageNet's ResNets. */
  readonly families?: readonly Family[];
  /** The method's network, where it differs from BiPer's. It isn't asked for QuickNet, which is one network whatever trains it. */
  readonly style: (place: Place) => Partial<NetworkStyle>;
  /** The published recipe. */
  readonly preset: (place: Place) => Preset;
  /** A loss of the whole network, in addition to those of its layers; `tau` weighs it. */
  readonly loss?: (
    tf: Tf,
    options: MethodOptions,
    declare: DeclareParameter,
    network: LossNetwork,
  ) => (inputs: LossInputs) => Scalar;
  /**
   * The method needs a trained float network (`distillation.teacher` of a config) with the same stages, evaluated in this mode.
   */
  readonly teacher?: 'training' | 'evaluation';
  /** What the two stages do, if the method has two; a method without it runs stage 1 only. */
  readonly stages?: Readonly<Record<Stage, string>>;
}
