import { SignwaveError, type Value } from '@signwave/format';
import { type LevelBits, levelBits, levelConv } from '../level-sums.js';
import type { NetworkBuilder } from '../network-builder.js';
import type { MethodConv, MethodConvOptions } from '../residual-block.js';
import { type LevelledMap, type TwoLevels, twoLevelConv } from '../two-level-sums.js';
import { type LatentWeights, type WeightRule, weightRule, zeroAsMinus, zeroAsPlus } from '../weight-rules.js';
import { adaBinActivations, adaBinWeights } from './adabin.js';
import { dorefaLevels, oneBitLevels } from './dorefa.js';
import { dsqActivations, dsqWeights, isPiecewise, skipSoftness } from './dsq.js';
import { fdaWeights, withoutFdaNoise } from './fda.js';
import { HALF_WAVE_LEVELS } from './hwgq.js';
import { lqNetLevels, lqNetWeights } from './lq-net.js';
import { bonnWeights, pcnnWeights } from './modulated.js';
import { rbnnWeights } from './rbnn.js';
import { learnedThreshold } from './reactnet.js';
import type { TrainedLayer } from './trained-layer.js';

// methods/trained.ts — layers of networks that signwave's own trainer made.
//
// The trainer trains BiPer's networks with any of its methods (trainer/src/methods). Every weight quantizer computes a sign times a
// scale per filter, or two levels, so each has one rule here that makes them from the latent weights, as methods with code of their own
// have. Bits aren't stored beside the latent weights: a file would then hold two truths, files of older versions would not convert, and
// `verify` would compare bits with themselves.

/** Options of the method that a quantizer is of; none if it is another method's. */
export type QuantizerOptions = Readonly<Record<string, unknown>>;

/** Weights of two levels that aren't opposites. */
interface TwoLevelRule {
  levelsOf(latent: LatentWeights): TwoLevels;
}

/** Weight quantizers, by the trainer's names. */
const WEIGHTS: Readonly<Record<string, (layer: TrainedLayer, options: QuantizerOptions) => WeightRule | TwoLevelRule>> =
  {
    biper: ({ g }) => weightRule('biper', g.omega0),
    'sign-two-stage': () => weightRule('sign', 0),
    bnn: () => zeroAsPlus(weightRule('sign', 0)),
    // Latent weights are centred and clipped after each step of training, so they aren't here.
    'xnor-net': () => zeroAsPlus(weightRule('bireal', 0)),
    dorefa: () => zeroAsPlus(weightRule('reste', 0)),
    'bi-real': () => weightRule('bireal', 0),
    'ir-net': () => weightRule('irnet', 0),
    recu: () => weightRule('recu', 0),
    reste: () => weightRule('reste', 0),
    dsq: ({ g, name }, options) => {
      skipSoftness(g, name, 'W');
      return isPiecewise(options) ? { levelsOf: dsqWeights(g, name) } : zeroAsPlus(weightRule('sign', 0));
    },
    hwgq: () => zeroAsPlus(weightRule('bireal', 0)),
    'lq-net': (layer) => lqNetWeights(layer),
    slb: () => zeroAsMinus(weightRule('sign', 0)),
    fda: (layer) => fdaWeights(layer),
    rbnn: (layer) => rbnnWeights(layer),
    rad: () => zeroAsPlus(weightRule('sign', 0)),
    'lcr-bnn': () => weightRule('irnet', 0),
    pcnn: (layer) => pcnnWeights(layer),
    bonn: (layer) => bonnWeights(layer),
    'dir-net': ({ g, name }) => {
      g.state.skip(`${name}.bound`, [[]]);
      return weightRule('irnet', 0);
    },
    mst: ({ g, name, filters }) => {
      g.state.skip(`${name}.tree`, [[filters - 1, 2]]);
      return weightRule('recu', 0);
    },
    reactnet: () => weightRule('bireal', 0),
    adabin: () => ({ levelsOf: adaBinWeights }),
    'ste-sign': () => zeroAsPlus(weightRule('sign', 0)),
    'swish-sign': () => zeroAsPlus(weightRule('sign', 0)),
  };

/** Weight quantizers that leave weights as they are in the first of their two stages. */
export const REAL_IN_STAGE_1: readonly string[] = ['sign-two-stage', 'reactnet'];

/** What a layer reads: one map of signs or floats, or activations of several levels, the lowest of which is 0, or of any two levels. */
type Operand = { readonly map: Value } | { readonly levels: LevelBits } | { readonly levelled: LevelledMap };

/** Activation quantizers of one bit whose levels are -1 and +1, by the trainer's names, and the sign that each gives 0. */
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
  slb: 'plus',
  fda: 'zero',
  rbnn: 'zero',
  rad: 'plus',
  'lcr-bnn': 'zero',
  pcnn: 'zero',
  bonn: 'zero',
  'dir-net': 'zero',
  mst: 'zero',
  'ste-sign': 'plus',
  'swish-sign': 'plus',
} as const;
type OneBit = keyof typeof ZERO_RULES;

/** Activation quantizers that are more than a sign. */
const OPERANDS: Readonly<Record<string, (layer: TrainedLayer, x: Value, options: ActivationOptions) => Operand>> = {
  identity: (_, map) => ({ map }),
  dorefa: ({ g }, x, { activationBits, threshold = 0.5 }) => ({
    // With more than 1 bit, a half rounds to even; with 1 bit there is a threshold, which belongs to level 0.
    levels: levelBits(g, x, activationBits === 1 ? oneBitLevels(Number(threshold)) : dorefaLevels(activationBits)),
  }),
  hwgq: ({ g }, x) => ({ levels: levelBits(g, x, HALF_WAVE_LEVELS) }),
  'lq-net': (layer, x) => ({ levels: levelBits(layer.g, x, lqNetLevels(layer)) }),
  dsq: ({ g, name }, x, options) => {
    skipSoftness(g, name, 'A');
    return isPiecewise(options) ? { levelled: dsqActivations(g, x, name) } : { map: signs(g, x, 'dsq') };
  },
  fda: (layer, x) => ({ map: signs(layer.g, withoutFdaNoise(layer, x), 'fda') }),
  rbnn: ({ g }, x) => ({ map: signs(g, g.sampleMean(x), 'rbnn') }),
  rsign: ({ g, name }, x) => ({
    map: g.sign(x, { threshold: learnedThreshold(g, x, `${name}.move0`), sourceZeroRule: 'zero' }),
  }),
  adabin: ({ g, name }, x) => ({ levelled: adaBinActivations(g, x, name) }),
};

type ActivationOptions = QuantizerOptions & { readonly activationBits: number };

export const TRAINED_WEIGHTS: readonly string[] = Object.keys(WEIGHTS);
export const TRAINED_ACTIVATIONS: readonly string[] = [
  ...new Set([...Object.keys(ZERO_RULES), ...Object.keys(OPERANDS)]),
];

export interface TrainedQuantizers {
  /** One of {@link TRAINED_WEIGHTS}. */
  readonly weights: string;
  /** One of {@link TRAINED_ACTIVATIONS}. */
  readonly activations: string;
  /** 1 for signs, 32 for floats; for `dorefa` the number it was trained with. Other quantizers of several levels don't need it. */
  readonly activationBits: number;
  readonly weightOptions?: QuantizerOptions;
  readonly activationOptions?: QuantizerOptions;
  /** Whether each output channel has a learned factor, `alpha`. */
  readonly hasAlpha: boolean;
}

/** Whether activations are signs that learn nothing, as in most 1W/1A networks. */
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
  quantizers: TrainedQuantizers,
): Value {
  const { outChannels, kernel = 3 } = options;
  const layer = { g, name, filters: outChannels, kernel, taps: g.shapeOf(x).channels * kernel * kernel };
  const weights = WEIGHTS[quantizers.weights]!(layer, quantizers.weightOptions ?? {});
  const operand = operandOf(layer, x, quantizers);
  if ((options.padValue ?? 0) !== 0 && ('levelsOf' in weights || !('map' in operand))) {
    throw new SignwaveError(
      'E_CHECKPOINT_STRUCTURE',
      `"${name}" pads with ${options.padValue}, but its quantizers, ${quantizers.weights} and ${quantizers.activations}, have other levels than -1 and +1; the metadata was damaged or edited, take the original`,
    );
  }
  if ('levelsOf' in weights || 'levelled' in operand) {
    const levelsOf = 'levelsOf' in weights ? weights.levelsOf : onlyDistances(weights);
    return twoLevelConv(g, levelledMap(operand), name, options, levelsOf);
  }
  if ('levels' in operand) return levelConv(g, operand.levels, name, { ...options, weights });
  return g.binaryConv(operand.map, name, { ...options, weights, keepsFloats: true });
}

function operandOf(layer: TrainedLayer, x: Value, quantizers: TrainedQuantizers): Operand {
  const { activations, activationBits, activationOptions } = quantizers;
  if (Object.hasOwn(OPERANDS, activations)) {
    return OPERANDS[activations]!(layer, x, { ...activationOptions, activationBits });
  }
  return { map: signs(layer.g, x, activations as OneBit) };
}

function signs(g: NetworkBuilder, x: Value, activations: OneBit): Value {
  return g.sign(x, { sourceZeroRule: ZERO_RULES[activations] });
}

/** An operand as the general case, of which signs and floats are special ones. */
function levelledMap(operand: Operand): LevelledMap {
  if ('levelled' in operand) return operand.levelled;
  if ('map' in operand) return { maps: [operand.map], distance: 1, centre: 0 };
  const { signs: maps, top } = operand.levels;
  return { maps, distance: top / (2 * maps.length), centre: top / 2 };
}

/** Signs times a scale, as weights of two levels about 0. */
function onlyDistances(rule: WeightRule): (latent: LatentWeights) => TwoLevels {
  return (latent) => {
    const [filters] = latent.shape;
    const { signs: found, scale = new Float32Array(filters).fill(1) } = rule(latent);
    return { signs: found, distance: scale, centre: new Float32Array(filters) };
  };
}
