import { roundHalfToEven, type Value } from '@signwave/format';
import { withBorderTerm } from '../border-term.js';
import { checkSigns, type NetworkBuilder } from '../network-builder.js';
import type { MethodConv, MethodConvOptions } from '../residual-block.js';
import { bitFilters } from '../state.js';
import { modulatedSign, projectedSign, type WeightRule, weightRule, zeroAsPlus } from '../weight-rules.js';

// methods/trained.ts — layers of networks that signwave's own trainer made.
//
// The trainer trains BiPer's networks with any of its quantizers (trainer/src/quantizers). Every weight quantizer computes a sign times a
// scale per filter, so each has one rule here that makes both from the latent weights, as methods with code of their own have. Bits aren't
// stored beside the latent weights: a file would then hold two truths, files of older versions would not convert, and `verify` would
// compare bits with themselves.

/** A layer's rule. It takes what it needs besides the latent weights from the state, and skips what only training needs. */
type RuleOf = (
  g: NetworkBuilder,
  name: string,
  options: { readonly outChannels: number; kernel: number },
) => WeightRule;

/** Weight quantizers, by the trainer's names. */
const WEIGHT_RULES: Readonly<Record<string, RuleOf>> = {
  biper: ({ omega0 }) => weightRule('biper', omega0),
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
  rad: () => zeroAsPlus(weightRule('sign', 0)),
  'lcr-bnn': () => weightRule('irnet', 0),
  pcnn: ({ state }, name, { kernel }) => projectedSign(state.take(`${name}.projection`, [1, 1, kernel, kernel])),
  bonn({ state }, name, { outChannels, kernel }) {
    for (const part of ['mu', 'sigma']) state.skip(`${name}.${part}`, [[outChannels, 1, 1, 1]]);
    return modulatedSign(state.take(`${name}.modulation`, [1, 1, kernel, kernel]));
  },
  'dir-net'({ state }, name) {
    state.skip(`${name}.bound`, [[]]);
    return weightRule('irnet', 0);
  },
  mst({ state }, name, { outChannels }) {
    state.skip(`${name}.tree`, [[outChannels - 1, 2]]);
    return weightRule('recu', 0);
  },
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
  rad: 'plus',
  'lcr-bnn': 'zero',
  pcnn: 'zero',
  bonn: 'zero',
  'dir-net': 'zero',
  mst: 'zero',
} as const;
type OneBit = keyof typeof ZERO_RULES;

export const TRAINED_WEIGHTS: readonly string[] = Object.keys(WEIGHT_RULES);
export const TRAINED_ACTIVATIONS: readonly string[] = [...Object.keys(ZERO_RULES), 'dorefa', 'identity'];

export interface TrainedQuantizers {
  /** One of {@link TRAINED_WEIGHTS}. */
  readonly weights: string;
  /** One of {@link TRAINED_ACTIVATIONS}. */
  readonly activations: string;
  /** 1 for signs, 32 for floats; for `dorefa` the number it was trained with. */
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
  const rule = WEIGHT_RULES[weights]!(g, name, { outChannels, kernel });
  if (activations === 'dorefa') return levelSums(g, x, name, options, rule, activationBits);
  const operand = isOneBit(activations) ? g.sign(x, { sourceZeroRule: ZERO_RULES[activations] }) : x;
  return g.binaryConv(operand, name, { ...options, weights: rule, keepsFloats: true });
}

/**
 * DoReFa's activations have the levels 0, 1/L ... 1 with L = 2^bits - 1. With s_j the sign of whether level j is reached,
 *
 *   a = (L + s_1 + ... + s_L) / 2L
 *
 * so the layer is L convolutions of bits by the same bits, and L times the sum of the weights, which misses the taps on pads: a pad is 0, as level 0 is.
 * All sums are whole numbers until the scale.
 */
function levelSums(
  g: NetworkBuilder,
  x: Value,
  name: string,
  { outChannels, kernel = 3, stride = 1 }: MethodConvOptions,
  rule: WeightRule,
  bits: number,
): Value {
  const operand = g.shapeOf(x);
  const steps = 2 ** bits - 1;
  const pad = Math.floor(kernel / 2);
  let signs: Float32Array | undefined;
  let scale: Float32Array | undefined;
  const weights = g.state.filters({
    name: `${name}.weight`,
    shape: [outChannels, operand.channels, kernel, kernel],
    pack(values, request) {
      const quantized = rule({ name: request.name, values, shape: request.shape });
      checkSigns(quantized.signs, request.name);
      signs = quantized.signs.map(Math.sign);
      scale = quantized.scale;
      return bitFilters(signs, request);
    },
  });
  const reached = Array.from({ length: steps }, (_, j) => {
    const threshold = new Float32Array(operand.channels).fill(levelThreshold(j + 1, steps));
    return g.conv(g.sign(x, { threshold, sourceZeroRule: 'plus' }), weights, { name, stride, pad });
  });
  const total = reached.reduce((sum, y) => g.add(sum, y));
  const withWeights = withBorderTerm(g, total, { stride, pad, kernel, operand }, (inside) => {
    const term = signs ? insideSums(signs, outChannels, inside) : new Float32Array(outChannels);
    return term.map((sum) => steps * sum);
  });
  const factors = scale ?? new Float32Array(outChannels).fill(1);
  return g.affine(
    withWeights,
    factors.map((factor) => factor / (2 * steps)),
  );
}

/**
 * For each filter, the sum of the weights on taps inside the map. @param signs (O, I, kh, kw). @param inside tells which of the (kh, kw)
 * taps are inside.
 */
function insideSums(signs: Float32Array, filters: number, inside: readonly boolean[]): Float32Array {
  const taps = signs.length / filters;
  return Float32Array.from({ length: filters }, (_, o) => {
    let sum = 0;
    for (let i = 0; i < taps; i++) if (inside[i % inside.length]) sum += signs[o * taps + i]!;
    return sum;
  });
}

/**
 * The smallest float32 that reaches a level: round(steps * a) >= level, where the product is rounded to float32 and a half to even, as
 * TensorFlow.js does it. Bisection between floats finds it; a closed form is now and then one float off.
 */
function levelThreshold(level: number, steps: number): number {
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  const floatOf = (pattern: number): number => {
    bits[0] = pattern;
    return float[0]!;
  };
  const isReached = (a: number): boolean => roundHalfToEven(Math.fround(steps * a)) >= level;
  // Bit patterns of positive floats are in the same order as the floats.
  let below = 0;
  let reached = 0x3f800000; // 1
  while (reached - below > 1) {
    const middle = (below + reached) >>> 1;
    if (isReached(floatOf(middle))) reached = middle;
    else below = middle;
  }
  return floatOf(reached);
}
