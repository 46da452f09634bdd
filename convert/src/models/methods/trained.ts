import type { Value } from '@signwave/format';
import { type ActivationLevels, levelBits, levelConv } from '../level-sums.js';
import type { NetworkBuilder } from '../network-builder.js';
import type { MethodConv, MethodConvOptions } from '../residual-block.js';
import { type WeightRule, weightRule, zeroAsMinus, zeroAsPlus } from '../weight-rules.js';
import { dorefaLevels } from './dorefa.js';
import { fdaWeights, withoutFdaNoise } from './fda.js';
import { HALF_WAVE_LEVELS } from './hwgq.js';
import { lqNetLevels, lqNetWeights } from './lq-net.js';

// methods/trained.ts — layers of networks that signwave's own trainer made.
//
// The trainer trains BiPer's networks with any of its quantizers (trainer/src/quantizers). Every weight quantizer computes a sign times a
// scale per filter, so each has one rule here that makes both from the latent weights, as methods with code of their own have. Bits aren't
// stored beside the latent weights: a file would then hold two truths, files of older versions would not convert, and `verify` would
// compare bits with themselves.

/** A binary layer of a checkpoint, for rules that need more than its latent weights. */
export interface TrainedLayer {
  readonly g: NetworkBuilder;
  readonly name: string;
  readonly filters: number;
  /** Number of weights of a filter. */
  readonly taps: number;
}

/** Weight quantizers, by the trainer's names. */
const WEIGHT_RULES: Readonly<Record<string, (omega0: number, layer: TrainedLayer) => WeightRule>> = {
  biper: (omega0) => weightRule('biper', omega0),
  'sign-two-stage': () => weightRule('sign', 0),
  bnn: () => zeroAsPlus(weightRule('sign', 0)),
  // Without the centring of the PyTorch version, as in the paper.
  'xnor-net': () => zeroAsPlus(weightRule('bireal', 0)),
  dorefa: () => zeroAsPlus(weightRule('reste', 0)),
  'bi-real': () => weightRule('bireal', 0),
  'ir-net': () => weightRule('irnet', 0),
  recu: () => weightRule('recu', 0),
  reste: () => weightRule('reste', 0),
  dsq: () => zeroAsPlus(weightRule('sign', 0)),
  hwgq: () => zeroAsPlus(weightRule('bireal', 0)),
  'lq-net': (_, layer) => lqNetWeights(layer),
  slb: () => zeroAsMinus(weightRule('sign', 0)),
  fda: (_, layer) => fdaWeights(layer),
};

/** Activation quantizers of one bit, by the trainer's names, and the sign that each gives 0. */
const ZERO_RULES = {
  biper: 'plus',
  'per-sample': 'zero',
  'clipped-ste': 'plus',
  'sign-two-stage': 'zero',
  bnn: 'plus',
  'xnor-net': 'plus',
  'bi-real': 'zero',
  'ir-net': 'zero',
  recu: 'zero',
  reste: 'zero',
  dsq: 'plus',
  slb: 'zero',
  fda: 'zero',
} as const;
type OneBit = keyof typeof ZERO_RULES;

/** What some of them do before the sign. */
const BEFORE_SIGN: Readonly<Record<string, (layer: TrainedLayer, x: Value) => Value>> = {
  fda: withoutFdaNoise,
};

/** Activation quantizers of a few levels, the lowest of which is 0. */
const LEVELS: Readonly<Record<string, (bits: number, layer: TrainedLayer) => ActivationLevels>> = {
  dorefa: dorefaLevels,
  hwgq: () => HALF_WAVE_LEVELS,
  'lq-net': (_, layer) => lqNetLevels(layer),
};

export const TRAINED_WEIGHTS: readonly string[] = Object.keys(WEIGHT_RULES);
export const TRAINED_ACTIVATIONS: readonly string[] = [...Object.keys(ZERO_RULES), ...Object.keys(LEVELS), 'identity'];

export interface TrainedQuantizers {
  /** One of {@link TRAINED_WEIGHTS}. */
  readonly weights: string;
  /** One of {@link TRAINED_ACTIVATIONS}. */
  readonly activations: string;
  /** 1 for signs, 32 for floats; for `dorefa` the number it was trained with. Other quantizers of several levels don't need it. */
  readonly activationBits: number;
  /** Whether each output channel has a learned factor, `alpha`. */
  readonly hasAlpha: boolean;
}

/** Whether activations are signs, as in every 1W/1A network. */
export function isOneBit(activations: string): activations is OneBit {
  return Object.hasOwn(ZERO_RULES, activations);
}

/** A binary layer: its quantizers, then a scale and a bias per output channel, if it has them. `beta` and `tau` aren't used. */
export function trainedConv(quantizers: TrainedQuantizers, hasBias: boolean): MethodConv {
  return (g, x, name, options) => {
    const y = sums(g, x, name, options, quantizers);
    g.state.skip(`${name}.beta`, [[options.outChannels, 1, 1]], { isOptional: true });
    g.state.skip(`${name}.tau`, [[1], []], { isOptional: true });
    const scaled = quantizers.hasAlpha ? g.learnedScale(y, `${name}.alpha`) : y;
    return hasBias ? g.learnedBias(scaled, `${name}.bias`) : scaled;
  };
}

/** A full-precision layer in place of a binary one. */
export const trainedFloatConv =
  (hasBias: boolean): MethodConv =>
  (g, x, name, { outChannels, kernel = 3, stride = 1 }) =>
    g.floatConv(x, name, { outChannels, kernel, stride, pad: Math.floor(kernel / 2), hasBias });

function sums(
  g: NetworkBuilder,
  x: Value,
  name: string,
  options: MethodConvOptions,
  { weights, activations, activationBits }: TrainedQuantizers,
): Value {
  const { outChannels, kernel = 3 } = options;
  const layer = { g, name, filters: outChannels, taps: g.shapeOf(x).channels * kernel * kernel };
  const rule = WEIGHT_RULES[weights]!(g.omega0, layer);
  const levels = LEVELS[activations]?.(activationBits, layer);
  if (levels) return levelConv(g, levelBits(g, x, levels), name, { ...options, weights: rule });
  const input = BEFORE_SIGN[activations]?.(layer, x) ?? x;
  const operand = isOneBit(activations) ? g.sign(input, { sourceZeroRule: ZERO_RULES[activations] }) : input;
  return g.binaryConv(operand, name, { ...options, weights: rule, keepsFloats: true });
}
