import type { Value } from '@signwave/format';
import { withBorderTerm } from './border-term.js';
import { checkSigns, type NetworkBuilder } from './network-builder.js';
import { bitFilters } from './state.js';
import type { WeightRule } from './weight-rules.js';

/** Activations of a few levels at equal distances, the lowest of which is 0, as a pad is. */
export interface ActivationLevels {
  /** Ascending, float32: what lies between level j and level j + 1. */
  readonly thresholds: readonly number[];
  /** The highest level. */
  readonly top: number;
  /** Which level an activation at a threshold gets. */
  readonly atThreshold: 'lower' | 'upper';
}

export interface LevelConvOptions {
  readonly outChannels: number;
  /** Default 3. */
  readonly kernel?: number;
  readonly stride?: number;
  /** Default: half of the kernel, which keeps the map's size. */
  readonly pad?: number;
  readonly weights: WeightRule;
  readonly levels: ActivationLevels;
}

/**
 * A convolution of activations of n + 1 levels by signs, times the scale of the weights. With s_j the sign of whether level j is reached,
 *
 *   a = top (n + s_1 + ... + s_n) / 2n
 *
 * so the layer is n convolutions of bits by the same bits, and n times the sum of the weights, which misses the taps on pads: a pad is 0, as
 * level 0 is. All sums are whole numbers until the scale.
 */
export function levelSums(
  g: NetworkBuilder,
  x: Value,
  name: string,
  { outChannels, kernel = 3, stride = 1, pad = Math.floor(kernel / 2), weights: rule, levels }: LevelConvOptions,
): Value {
  const operand = g.shapeOf(x);
  const steps = levels.thresholds.length;
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
  const signOfZero = levels.atThreshold === 'upper' ? 1 : -1;
  const reached = levels.thresholds.map((level) => {
    const threshold = new Float32Array(operand.channels).fill(level);
    return g.conv(g.sign(x, { threshold, signOfZero }), weights, { name, stride, pad });
  });
  const total = reached.reduce((sum, y) => g.add(sum, y));
  const withWeights = withBorderTerm(g, total, { stride, pad, kernel, operand }, (inside) => {
    const term = signs ? insideSums(signs, outChannels, inside) : new Float32Array(outChannels);
    return term.map((sum) => steps * sum);
  });
  const factors = scale ?? new Float32Array(outChannels).fill(1);
  return g.affine(
    withWeights,
    factors.map((factor) => (factor * levels.top) / (2 * steps)),
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
