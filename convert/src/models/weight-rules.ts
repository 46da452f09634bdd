// weight-rules.ts — how each method turns latent weights into signs and a scale at evaluation.
//
// Every rule follows the method's own code, in its order of operations: products and differences are rounded to float32 as PyTorch
// rounds them; means are taken in binary64, which is what PyTorch's pairwise float32 sums approximate.

import { roundHalfToEven } from '@signwave/format';
import type { FilterShape } from './state.js';

/** Weights as trained. */
export interface LatentWeights {
  /** Name of the tensor. */
  readonly name: string;
  /** (O, I, kh, kw). */
  readonly values: Float32Array;
  readonly shape: FilterShape;
}

export interface QuantizedWeights {
  /** (O, I, kh, kw): numbers whose signs are the weights. */
  readonly signs: Float32Array;
  /** One factor for each filter, applied to its sums; absent: 1. */
  readonly scale?: Float32Array;
}

export type WeightRule = (latent: LatentWeights) => QuantizedWeights;

/** Rules that need nothing but the weights, by the names that definitions of own networks use. */
export type WeightRuleName = 'sign' | 'biper' | 'recu' | 'irnet' | 'reste' | 'bireal' | 'xnornet';

/** The same rule for code whose sign(0) is +1; PyTorch's is 0. */
export function zeroAsPlus(rule: WeightRule): WeightRule {
  return (latent) => {
    const { signs, ...scale } = rule(latent);
    return { signs: signs.map((w) => (w < 0 ? -1 : 1)), ...scale };
  };
}

/** The same rule for code that asks whether a weight is above 0. */
export function zeroAsMinus(rule: WeightRule): WeightRule {
  return (latent) => {
    const { signs, ...scale } = rule(latent);
    return { signs: signs.map((w) => (w > 0 ? 1 : -1)), ...scale };
  };
}

/** @param omega0 BiPer's frequency. */
export function weightRule(name: WeightRuleName, omega0: number): WeightRule {
  return name === 'biper' ? biperSign(omega0) : NAMED_RULES[name];
}

/** sign(w). */
const plainSign: WeightRule = ({ values }) => ({ signs: values });

/**
 * BiPer, eq. 8 of the paper: sign(sin(omega0 * w)). As in the authors' code the product is rounded to float32; the sine and its sign are
 * taken in binary64, which has the sign of the exact sine.
 */
function biperSign(omega0: number): WeightRule {
  const frequency = Math.fround(omega0);
  return ({ values }) => ({ signs: values.map((w) => Math.sign(Math.sin(Math.fround(frequency * w)))) });
}

/** ReCU: sign(w - mean of the filter). Its division by a deviation and its clamp don't change a sign. */
const centredSign: WeightRule = (latent) => ({ signs: centred(latent) });

/** IR-Net: as ReCU, times the power of two nearest to the mean magnitude of the standardised weights. */
const irNetWeights: WeightRule = (latent) => {
  const signs = centred(latent);
  const scale = perFilter(signs, latent.shape, (filter) => {
    const deviation = Math.fround(Math.sqrt(sum(filter, (w) => w * w) / (filter.length - 1)));
    const magnitude = Math.fround(sum(filter, (w) => Math.abs(Math.fround(w / deviation))) / filter.length);
    return 2 ** roundHalfToEven(Math.log2(magnitude));
  });
  return { signs, scale };
};

/** ReSTE: sign(w), times the mean magnitude of the whole layer. */
const resteWeights: WeightRule = ({ values, shape }) => ({
  signs: values,
  scale: new Float32Array(shape[0]).fill(meanMagnitude(values)),
});

/** Bi-Real Net, ReActNet: sign(w), times the mean magnitude of the filter. */
const meanMagnitudeWeights: WeightRule = ({ values, shape }) => ({
  signs: values,
  scale: perFilter(values, shape, meanMagnitude),
});

/** XNOR-Net-PyTorch: w - mean over the input channels, clamped to -1 and 1; its sign, times its mean magnitude in the filter. */
const xnorWeights: WeightRule = ({ values, shape }) => {
  const [outer, inner, height, width] = shape;
  const taps = height * width;
  const signs = new Float32Array(values.length);
  for (let o = 0; o < outer; o++) {
    for (let tap = 0; tap < taps; tap++) {
      const start = o * inner * taps + tap;
      const column = Float32Array.from({ length: inner }, (_, i) => values[start + i * taps]!);
      withoutMean(column, sum(column) / inner).forEach((w, i) => {
        signs[start + i * taps] = Math.min(1, Math.max(-1, w));
      });
    }
  }
  return { signs, scale: perFilter(signs, shape, meanMagnitude) };
};

const NAMED_RULES: Readonly<Record<Exclude<WeightRuleName, 'biper'>, WeightRule>> = {
  sign: plainSign,
  recu: centredSign,
  irnet: irNetWeights,
  reste: resteWeights,
  bireal: meanMagnitudeWeights,
  xnornet: xnorWeights,
};

export const WEIGHT_RULE_NAMES: readonly string[] = ['biper', ...Object.keys(NAMED_RULES)];

/** What RBNN rotates its weights by. */
export interface Rotation {
  /** One for each filter. */
  readonly angle: Float32Array;
  /** (rows, rows) and (columns, columns): the two rotations of a filter laid out as (rows, columns). */
  readonly left: Float32Array;
  readonly right: Float32Array;
}

/**
 * RBNN: sign(v + |sin(angle)| * (R1' V R2 - v)), where v are the standardised weights of a filter, V the same as a matrix. The deviation is
 * a positive factor of all terms, so it is left out.
 */
export function rotatedSign({ angle, left, right }: Rotation): WeightRule {
  const rows = Math.sqrt(left.length);
  const columns = Math.sqrt(right.length);
  return (latent) => {
    const signs = centred(latent);
    const taps = rows * columns;
    angle.forEach((theta, o) => {
      const filter = signs.subarray(o * taps, (o + 1) * taps);
      const rotated = multiply(multiplyTransposed(left, filter, rows, columns), right, rows, columns);
      const amount = Math.abs(Math.fround(Math.sin(theta)));
      filter.forEach((v, i) => {
        filter[i] = v + amount * (rotated[i]! - v);
      });
    });
    return { signs };
  };
}

/** Sides (a, b) of the matrix in which RBNN lays out `taps` weights: the largest divisor up to the square root, and the other factor. */
export function rotationSides(taps: number): readonly [number, number] {
  let rows = Math.floor(Math.sqrt(taps));
  while (taps % rows !== 0) rows--;
  return [rows, taps / rows];
}

/**
 * fround(w - mean of the filter), with the mean rounded to float32. Among millions of weights some equal the rounded mean; such a weight
 * gets the sign of its difference to the unrounded mean. What stays 0 are constant filters and true ties.
 */
export function centred({ values, shape }: LatentWeights): Float32Array {
  const taps = values.length / shape[0];
  const result = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += taps) {
    const filter = values.subarray(start, start + taps);
    result.set(withoutMean(filter, sum(filter) / taps), start);
  }
  return result;
}

/** @param mean of the values, in binary64. */
function withoutMean(values: Float32Array, mean: number): Float32Array {
  const rounded = Math.fround(mean);
  if (values.every((w) => w === values[0])) return new Float32Array(values.length);
  return values.map((w) => w - rounded || w - mean);
}

/** One number for each filter, rounded to float32. */
export function perFilter(
  values: Float32Array,
  [filters]: FilterShape,
  measure: (filter: Float32Array) => number,
): Float32Array {
  const taps = values.length / filters;
  return Float32Array.from({ length: filters }, (_, o) => measure(values.subarray(o * taps, (o + 1) * taps)));
}

export function sum(values: Float32Array, term: (value: number) => number = (value) => value): number {
  let total = 0;
  for (const value of values) total += term(value);
  return total;
}

function meanMagnitude(values: Float32Array): number {
  return sum(values, Math.abs) / values.length;
}

/** M' X, (rows, rows) transposed times (rows, columns). */
function multiplyTransposed(m: Float32Array, x: Float32Array, rows: number, columns: number): Float64Array {
  const product = new Float64Array(rows * columns);
  for (let k = 0; k < rows; k++) {
    for (let i = 0; i < rows; i++) {
      const factor = m[k * rows + i]!;
      for (let j = 0; j < columns; j++) product[i * columns + j]! += factor * x[k * columns + j]!;
    }
  }
  return product;
}

/** X M, (rows, columns) times (columns, columns). */
function multiply(x: Float64Array, m: Float32Array, rows: number, columns: number): Float64Array {
  const product = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < columns; k++) {
      const factor = x[i * columns + k]!;
      for (let j = 0; j < columns; j++) product[i * columns + j]! += factor * m[k * columns + j]!;
    }
  }
  return product;
}
