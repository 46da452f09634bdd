// laplace-sine.ts — what the sine does to Laplace-distributed weights: equations 14 to 18 of the paper, corrected.
//
// Latent weights w have the density exp(-|w| / b) / (2b). The wave sin(omega0 w) depends on omega0 and b only through
//
//   x = omega0 * b        ("how many radians the wave runs through while the density falls to 1/e")
//
// As printed, eq. 14 lacks a factor 2 before cosh, eq. 17 and 18 a parenthesis, and the density its minus sign and 1/2.
// Powers of e are written with negative exponents, so that small x don't overflow.

/** The x at which the quantization error is largest: the maximum of {@link quantizationError}. */
export const WORST_OMEGA0_B = 0.954882;

/** The quantization error in the limit of large x, where sin(omega0 w) has the arcsine distribution: 1/2 - (2/pi)^2. */
export const QUANTIZATION_ERROR_LIMIT = 0.5 - 4 / Math.PI ** 2;

/**
 * Density of s = sin(omega0 w), eq. 14:
 *
 *   f(s) = 1 / (2x sqrt(1 - s^2)) * [exp(-|asin s| / x) + 2 cosh(asin(s) / x) / (e^(pi/x) - 1)]
 *
 * @param s in (-1, 1); the density is infinite at both ends and 0 outside.
 * @param x omega0 * b, positive.
 */
export function sineDensity(s: number, x: number): number {
  if (Math.abs(s) > 1) return 0;
  const angle = Math.abs(Math.asin(s));
  const wrapped = (Math.exp((angle - Math.PI) / x) + Math.exp(-(angle + Math.PI) / x)) / oneMinusExp(Math.PI / x);
  return (Math.exp(-angle / x) + wrapped) / (2 * x * Math.sqrt(1 - s * s));
}

/**
 * Probability that sin(omega0 w) <= s: the integral of eq. 14. For t = asin(s) >= 0,
 *
 *   F(s) = 1/2 + 1/2 [1 - exp(-t/x) + 2 sinh(t/x) / (e^(pi/x) - 1)],   F(-s) = 1 - F(s)
 *
 * Histograms are compared with differences of F, because the density itself is infinite at the ends.
 *
 * @param x omega0 * b, positive.
 */
export function sineDistribution(s: number, x: number): number {
  const angle = Math.asin(Math.min(1, Math.abs(s)));
  const wrapped = (Math.exp((angle - Math.PI) / x) - Math.exp(-(angle + Math.PI) / x)) / oneMinusExp(Math.PI / x);
  const fromZero = (oneMinusExp(angle / x) + wrapped) / 2;
  return s < 0 ? 0.5 - fromZero : 0.5 + fromZero;
}

/**
 * The scale that fits the binary weights best, eq. 18:
 *
 *   gamma = E|sin(omega0 w)| = x (e^(pi/x) + 1) / ((x^2 + 1)(e^(pi/x) - 1))
 *
 * @param x omega0 * b, positive. gamma is x for small x and goes to 2/pi.
 */
export function optimalScale(x: number): number {
  return (x * (1 + Math.exp(-Math.PI / x))) / ((x * x + 1) * oneMinusExp(Math.PI / x));
}

/**
 * Quantization error E[(sin(omega0 w) - gamma sign(sin(omega0 w)))^2], eq. 15 to 17:
 *
 *   QE = 2x^2 / (4x^2 + 1) - 2 gamma E|sin(omega0 w)| + gamma^2
 *
 * The default scale is that of eq. 18; it makes the error 2x^2 / (4x^2 + 1) - gamma^2.
 *
 * @param x omega0 * b, positive.
 * @param scale gamma.
 */
export function quantizationError(x: number, scale = optimalScale(x)): number {
  return (2 * x * x) / (4 * x * x + 1) - 2 * scale * optimalScale(x) + scale * scale;
}

/** 1 - e^-u, accurate for small u, too. */
function oneMinusExp(u: number): number {
  return -Math.expm1(-u);
}
