import { roundHalfToEven, type Value } from '@signwave/format';
import { type ActivationLevels, levelBits, levelConv } from '../level-sums.js';
import type { NetworkBuilder } from '../network-builder.js';
import type { MethodConvOptions } from '../residual-block.js';
import { weightRule } from '../weight-rules.js';

/** A layer that reads activations which other layers may read, too. */
export type DorefaConv = (name: string, options: MethodConvOptions & { readonly hasBias?: boolean }) => Value;

/**
 * `activation_quantize_fn` of github.com/zzzxxxttt/pytorch_DoReFaNet (utils/quant_dorefa.py) behind a ReLU, and the layers with 1-bit
 * weights that read it: signs, times the mean magnitude of all the layer's weights. The ReLU changes no level, so it is left out before
 * levels.
 *
 * @param bits of the activations; 32 for floats.
 */
export function dorefaActivations(g: NetworkBuilder, x: Value, bits: number): DorefaConv {
  if (bits === 32) {
    const floats = g.relu(x);
    return (name, options) => g.binaryConv(floats, name, { ...options, weights: 'reste', keepsFloats: true });
  }
  const levels = levelBits(g, x, publishedLevels(bits));
  return (name, options) => levelConv(g, levels, name, { ...options, weights: weightRule('reste', 0) });
}

/** With 1 bit, that code takes the sign of what it clamped to 0 and 1: 1 for all that is above 0. */
function publishedLevels(bits: number): ActivationLevels {
  return bits === 1 ? { thresholds: [0], top: 1, atThreshold: 'lower' } : dorefaLevels(bits);
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
