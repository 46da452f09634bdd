import { quantizationError } from './laplace-sine.js';

/** Bins over [-1, 1] of a histogram of sin(omega0 w). */
export const HISTOGRAM_BINS = 50;

/** What the latent weights of one binary layer say about its quantization. */
export interface LatentWeightStatistics {
  /** Number of weights. */
  readonly weights: number;
  /** Scale b of the Laplace distribution that fits best (maximum likelihood, location 0): mean |w|. */
  readonly b: number;
  readonly omega0B: number;
  /** Scale that makes these weights' binary values fit best: mean |sin(omega0 w)|. */
  readonly gamma: number;
  /** Quantization error of these weights, eq. 15 of the paper: mean (|sin(omega0 w)| - gamma)^2. */
  readonly quantizationError: number;
  /** Quantization error of Laplace-distributed weights with this b, eq. 17. */
  readonly laplaceQuantizationError: number;
  /** What the authors' vis_get_QE.py computes for a layer: mean |sin(omega0 w) - sign(sin(omega0 w))|, without scale or square. */
  readonly authorsQuantizationError: number;
  /** Number of weights whose sin(omega0 w) lies in each of {@link HISTOGRAM_BINS} equal bins over [-1, 1]. */
  readonly histogram: readonly number[];
}

/** Statistics over all binary layers. */
export interface LatentWeightTotals {
  readonly layers: number;
  readonly weights: number;
  /** Means over layers. */
  readonly meanB: number;
  readonly meanQuantizationError: number;
  /** Sums over layers: the two numbers that vis_get_QE.py prints. */
  readonly authorsB: number;
  readonly authorsQuantizationError: number;
}

/**
 * sin(omega0 w) as training and conversion compute it: the product is rounded to float32, its sine computed in binary64.
 *
 * @param weights latent weights, any shape and order.
 */
export function waveOf(weights: Float32Array, omega0: number): Float64Array {
  const frequency = Math.fround(omega0);
  return Float64Array.from(weights, (w) => Math.sin(Math.fround(frequency * w)));
}

/**
 * @param weights latent weights of one layer, at least one, any shape and order.
 */
export function latentWeightStatistics(weights: Float32Array, omega0: number): LatentWeightStatistics {
  const wave = waveOf(weights, omega0);
  const b = mean(weights, Math.abs);
  const gamma = mean(wave, Math.abs);
  const omega0B = omega0 * b;
  return {
    weights: weights.length,
    b,
    omega0B,
    gamma,
    quantizationError: mean(wave, (s) => (Math.abs(s) - gamma) ** 2),
    laplaceQuantizationError: omega0B > 0 ? quantizationError(omega0B) : 0,
    authorsQuantizationError: mean(wave, (s) => Math.abs(s - Math.sign(s))),
    histogram: histogramOf(wave),
  };
}

/** @param layers at least one. */
export function latentWeightTotals(layers: readonly LatentWeightStatistics[]): LatentWeightTotals {
  const sum = (of: (layer: LatentWeightStatistics) => number): number =>
    layers.reduce((total, it) => total + of(it), 0);
  return {
    layers: layers.length,
    weights: sum((it) => it.weights),
    meanB: sum((it) => it.b) / layers.length,
    meanQuantizationError: sum((it) => it.quantizationError) / layers.length,
    authorsB: sum((it) => it.b),
    authorsQuantizationError: sum((it) => it.authorsQuantizationError),
  };
}

function histogramOf(wave: Float64Array): number[] {
  const counts = new Array<number>(HISTOGRAM_BINS).fill(0);
  // The value 1 belongs to the last bin.
  for (const s of wave) counts[Math.min(HISTOGRAM_BINS - 1, Math.floor(((s + 1) / 2) * HISTOGRAM_BINS))]!++;
  return counts;
}

function mean(values: Float32Array | Float64Array, of: (value: number) => number): number {
  let sum = 0;
  for (const value of values) sum += of(value);
  return sum / values.length;
}
