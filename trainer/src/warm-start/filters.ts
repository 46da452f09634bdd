/** Filters of a layer as numbers that it computes with: scale[o] * values[o, ...]. */
export interface Filters {
  /** (O, I, kh, kw), flat. */
  readonly values: Float32Array;
  /** (O). */
  readonly scale: Float32Array;
}

/** Magnitude of a filter that becomes the wave's 1: its largest one, or three times its standard deviation around 0. */
export const WAVE_RANGES = ['max', 'three-deviations'] as const;
export type WaveRange = (typeof WAVE_RANGES)[number];

export interface WaveFilters {
  /** Latent weights, (O, I, kh, kw), flat. */
  readonly weights: Float32Array;
  /** (O). */
  readonly alpha: Float32Array;
  /** Number of values beyond the range, which became its ends. */
  readonly clipped: number;
}

/**
 * Latent weights of BiPer that stand for real filters: with a the range of a filter v,
 *
 *   w = asin(clip(v / a, -1, 1)) / omega0        alpha = scale a
 *
 * so that alpha sin(omega0 w) = scale v where |v| <= a. All w lie in the half period around 0, where the wave rises. Its slope is 0 at the
 * ends, so weights that are clipped get no gradient until something else, such as weight decay, moves them.
 */
export function toWaves({ values, scale }: Filters, range: WaveRange, omega0: number): WaveFilters {
  const taps = values.length / scale.length;
  const weights = new Float32Array(values.length);
  let clipped = 0;
  const alpha = scale.map((factor, o) => {
    const filter = values.subarray(o * taps, (o + 1) * taps);
    // A filter of zeros is sin(0) with any alpha; with alpha 0 it could never change.
    const a = rangeOf(filter, range) || 1;
    filter.forEach((v, i) => {
      if (Math.abs(v) > a) clipped++;
      weights[o * taps + i] = Math.asin(Math.min(Math.max(v / a, -1), 1)) / omega0;
    });
    return factor * a;
  });
  return { weights, alpha, clipped };
}

function rangeOf(filter: Float32Array, range: WaveRange): number {
  if (range === 'max') return filter.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0);
  return 3 * Math.sqrt(filter.reduce((sum, v) => sum + v * v, 0) / filter.length);
}

/** What latent weights of BiPer stand for: sin(omega0 w). */
export function ofWaves(weights: Float32Array, omega0: number): Float32Array {
  return weights.map((w) => Math.sin(omega0 * w));
}

/** scale[o] * values[o, ...] for layers without a scale. */
export function scaled({ values, scale }: Filters): Float32Array {
  const taps = values.length / scale.length;
  return values.map((v, i) => v * scale[Math.floor(i / taps)]!);
}
