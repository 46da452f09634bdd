import { roundHalfToEven, type Value } from '@signwave/format';
import { type ActivationLevels, levelBits, levelConv, levelLinear, levelValues } from '../level-sums.js';
import type { NetworkBuilder } from '../network-builder.js';
import type { MethodConvOptions } from '../residual-block.js';
import { weightRule } from '../weight-rules.js';

/** Numbers of bits of the activations. More than 4 would take more convolutions of bits than a packed network is worth. */
export const ACTIVATION_BITS = [1, 2, 3, 4, 32] as const;

/** Why a published network has to be named, as an architecture's `mustBeNamed`. */
export const UNKNOWN_BITS =
  'its files hold nothing but tensors, which are the same for every number of bits of the weights and of the activations';

/** What reads a map of activations. Layers with 1-bit weights take signs, times the mean magnitude of all their weights. */
export interface DorefaActivations {
  conv(name: string, options: MethodConvOptions & { readonly hasBias?: boolean }): Value;
  /** A fully connected layer with a bias. */
  linear(name: string, outputs: number): Value;
  /** The activations as floats, for a layer whose weights are floats, too. */
  floats(): Value;
}

/**
 * `activation_quantize_fn` of github.com/zzzxxxttt/pytorch_DoReFaNet (utils/quant_dorefa.py) behind a ReLU, and its layers with 1-bit weights. The
 * ReLU changes no level, so it is left out before levels.
 *
 * @param bits of the activations; 32 for floats.
 */
export function dorefaActivations(g: NetworkBuilder, x: Value, bits: number): DorefaActivations {
  if (bits === 32) {
    const floats = g.relu(x);
    const rule = { weights: 'reste', keepsFloats: true } as const;
    return {
      conv: (name, options) => g.binaryConv(floats, name, { ...options, ...rule }),
      linear: (name, outputs) => g.binaryLinear(floats, name, outputs, rule),
      floats: () => floats,
    };
  }
  // With 1 bit, that code takes the sign of what it clamped to 0 and 1: 1 for all that is above 0.
  const levels = levelBits(g, x, bits === 1 ? oneBitLevels(0) : dorefaLevels(bits));
  const weights = weightRule('reste', 0);
  return {
    conv: (name, options) => levelConv(g, levels, name, { ...options, weights }),
    linear: (name, outputs) => levelLinear(g, levels, name, { outputs, weights, hasBias: true }),
    floats: () => levelValues(g, levels),
  };
}

/** The levels 0 and 1: 1 for what is above the threshold. */
export function oneBitLevels(threshold: number): ActivationLevels {
  return { thresholds: [threshold], top: 1, atThreshold: 'lower' };
}

/** DoReFa-Net's activations: the levels 0, 1/L ... 1 with L = 2^bits - 1, each activation at the nearest. */
export function dorefaLevels(bits: number): ActivationLevels {
  const steps = 2 ** bits - 1;
  const thresholds = Array.from({ length: steps }, (_, j) => levelThreshold(j + 1, steps));
  return { thresholds, top: 1, atThreshold: 'upper' };
}

/**
 * The smallest float32 that reaches a level: round(steps * a) >= level, where the product is rounded to float32 and a half to even, as
 * TensorFlow.js and PyTorch do it. Bisection between floats finds it; a closed form is now and then one float off.
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
