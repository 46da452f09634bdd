import type { Value } from '@signwave/format';
import { withBorderTerm } from './border-term.js';
import { checkSigns, type NetworkBuilder } from './network-builder.js';
import { bitFilters, type TorchShape } from './state.js';
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

/** A map of activations of a few levels, as one map of signs for each threshold. */
export interface LevelBits {
  readonly signs: readonly Value[];
  readonly top: number;
}

export interface LevelConvOptions {
  readonly outChannels: number;
  /** Default 3. */
  readonly kernel?: number;
  readonly stride?: number;
  /** Default: half of the kernel, which keeps the map's size. */
  readonly pad?: number;
  readonly weights: WeightRule;
  readonly hasBias?: boolean;
  /** Name of the tensor; default: `name`.weight. */
  readonly tensor?: string;
  /** Shape of the tensor, if it isn't (O, I, kh, kw). */
  readonly stored?: TorchShape;
}

/** Finds which levels are reached: +1 where one is, -1 elsewhere. */
export function levelBits(g: NetworkBuilder, x: Value, { thresholds, top, atThreshold }: ActivationLevels): LevelBits {
  const { channels } = g.shapeOf(x);
  const signOfZero = atThreshold === 'upper' ? 1 : -1;
  const signs = thresholds.map((level) => g.sign(x, { threshold: new Float32Array(channels).fill(level), signOfZero }));
  return { signs, top };
}

/**
 * A convolution of activations of n + 1 levels by signs, times the scale of the weights. With s_j the sign of whether level j is reached,
 *
 *   a = top (n + s_1 + ... + s_n) / 2n
 *
 * so the layer is n convolutions of bits by the same bits, and n times the sum of the weights, which misses the taps on pads: a pad is 0, as
 * level 0 is. All sums are whole numbers until the scale.
 */
export function levelConv(g: NetworkBuilder, x: LevelBits, name: string, options: LevelConvOptions): Value {
  const { outChannels, kernel = 3, stride = 1, pad = Math.floor(kernel / 2), weights: rule, hasBias } = options;
  const { tensor = `${name}.weight`, stored } = options;
  const operand = g.shapeOf(x.signs[0]!);
  const steps = x.signs.length;
  let signs: Float32Array | undefined;
  let scale: Float32Array | undefined;
  const weights = g.state.filters({
    name: tensor,
    shape: [outChannels, operand.channels, kernel, kernel],
    ...(stored && { stored }),
    pack(values, request) {
      const quantized = rule({ name: request.name, values, shape: request.shape });
      checkSigns(quantized.signs, request.name);
      signs = quantized.signs.map(Math.sign);
      scale = quantized.scale;
      return bitFilters(signs, request);
    },
  });
  const reached = x.signs.map((sign) => g.conv(sign, weights, { name, stride, pad }));
  const total = reached.reduce((sum, y) => g.add(sum, y));
  const withWeights = withBorderTerm(g, total, { stride, pad, kernel, operand }, (inside) => {
    const term = signs ? insideSums(signs, outChannels, inside) : new Float32Array(outChannels);
    return term.map((sum) => steps * sum);
  });
  const factors = scale ?? new Float32Array(outChannels).fill(1);
  return g.affine(
    withWeights,
    factors.map((factor) => (factor * x.top) / (2 * steps)),
    hasBias ? g.state.take(`${name}.bias`, [outChannels]) : undefined,
  );
}

/**
 * `nn.Linear`, or Caffe's `InnerProduct`, on a flattened map of levels. It is a convolution with a single position: the columns of its
 * weights have the order (I, H, W), as filters have.
 */
export function levelLinear(
  g: NetworkBuilder,
  x: LevelBits,
  name: string,
  { outputs, ...options }: Pick<LevelConvOptions, 'weights' | 'hasBias' | 'tensor'> & { readonly outputs: number },
): Value {
  const { height, channels } = g.shapeOf(x.signs[0]!);
  const stored = [outputs, channels * height * height];
  return levelConv(g, x, name, { ...options, outChannels: outputs, kernel: height, pad: 0, stored });
}

/** The activations as floats. */
export function levelValues(g: NetworkBuilder, { signs, top }: LevelBits): Value {
  const total = signs.reduce((sum, sign) => g.add(sum, sign));
  const fill = (value: number): Float32Array => new Float32Array(g.shapeOf(total).channels).fill(value);
  return g.affine(total, fill(top / (2 * signs.length)), fill(top / 2));
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
