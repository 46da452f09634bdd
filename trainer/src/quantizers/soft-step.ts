import { runFused, runFusedWithSums } from '../layers/fused.js';
import { columnSums } from '../layers/sums.js';
import type { Tensor, Tensor4D, Tf, Variable } from '../types.js';
import { within } from './window.js';

/** The name under which a back end registers the step if it has it in one pass. Inputs: `x`, and as `parameters` (l + u)/2, l and u. */
export const TWO_LEVELS = 'SignwaveTwoLevels';
/** The same for the passes of its gradient. Inputs: `dy`, `x`, and those of `slopeAndSums`; outputs: dL/dx and the six sums, (6). */
export const SOFT_STEP_GRADIENT = 'SignwaveSoftStepGrad';

/** The two levels of a step, and how soft its gradient is. */
export interface SoftStep {
  /** (), or a constant. */
  readonly lower: Variable | number;
  readonly upper: Variable | number;
  /** (). How much less than the hard step the unscaled tanh reaches at its ends; above 0, below 1. */
  readonly alpha: Variable;
}

/**
 * A step between two levels l and u with a gradient of its own, DSQ's quantizer of 1 bit (methods/dsq.ts). With D = u - l, the middle m =
 * (l + u)/2, c = ln(2/alpha - 1) and s = 1/(1 - alpha):
 *
 *   y   = u where x >= m, else l
 *   phi = s tanh(c (x - m)/D) within [l, u], -1 below, 1 above; the gradient is that of l + D (phi + 1)/2
 *
 * With v = clip(2 (x - m)/D, -1, 1), which makes phi = s tanh(c v/2) everywhere, q = (phi + 1)/2 and the slope T = dy/dx, T = c s (1 -
 * tanh(c v/2)^2)/2 within [l, u] and 0 outside:
 *
 *   dy/dl = 1 - q - T/2 + T v/2        dy/du = q - T/2 - T v/2
 *   dy/dalpha = D/2 (s^2 tanh(c v/2) - T v / (alpha (2 - alpha)) * 2/c) within [l, u], else 0
 *
 * Levels that are constants get no gradient, which saves passes over the map.
 */
export function softStep(tf: Tf, x: Tensor4D, { lower, upper, alpha }: SoftStep): Tensor4D {
  const levels = [lower, upper].filter((level) => typeof level !== 'number');
  const operation = tf.customGrad((...args) => {
    const save = args.pop() as unknown as (tensors: Tensor[]) => void;
    const inputs = args as Tensor[];
    save(inputs);
    return {
      value: twoLevels(tf, inputs[0]!, lower, upper) as Tensor4D,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [at, softness, from = lower, to = upper] = saved as [Tensor, Tensor, Tensor?, Tensor?];
        return gradients(tf, dy, at, { lower: from, upper: to, alpha: softness });
      },
    };
  });
  return operation(x, alpha, ...levels) as Tensor4D;
}

/** u where x >= (l + u)/2, else l. */
function twoLevels(tf: Tf, x: Tensor, lower: Tensor | number, upper: Tensor | number): Tensor {
  const middle = tf.mul(tf.add(lower, upper), 0.5);
  const fused = runFused(tf, TWO_LEVELS, { x, parameters: [middle, lower, upper] });
  return fused ?? tf.sub(upper, tf.mul(tf.step(tf.sub(middle, x)), tf.sub(upper, lower)));
}

/** Gradients with respect to x, alpha and, if they are learned, l and u. */
function gradients(
  tf: Tf,
  dy: Tensor,
  x: Tensor,
  { lower, upper, alpha }: { readonly lower: Tensor | number; readonly upper: Tensor | number; readonly alpha: Tensor },
): Tensor[] {
  const half = tf.mul(tf.sub(upper, lower), 0.5);
  const middle = tf.mul(tf.add(lower, upper), 0.5);
  const c = tf.log(tf.sub(tf.div(2, alpha), 1));
  const s = tf.reciprocal(tf.sub(1, alpha));
  const [dx, ...sums] = slopeAndSums(tf, dy, x, [middle, tf.reciprocal(half), c, tf.mul(tf.mul(c, s), 2)]);
  const [all, allBySigma, inside, insideBySigma, ofDx, ofSlope] = sums as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  // tanh(c v/2) = 2 sigma - 1.
  const tanhTotal = (bySigma: Tensor, total: Tensor): Tensor => tf.sub(tf.mul(bySigma, 2), total);
  const dAlpha = tf.mul(
    half,
    tf.sub(
      tf.mul(tf.square(s), tanhTotal(insideBySigma, inside)),
      tf.div(tf.mul(ofSlope, 2), tf.mul(tf.mul(alpha, tf.sub(2, alpha)), c)),
    ),
  );
  if (typeof lower === 'number') return [dx!, dAlpha];
  const ofUpper = tf.mul(tf.add(tf.mul(s, tanhTotal(allBySigma, all)), all), 0.5);
  const shared = tf.mul(ofDx, 0.5);
  const tilt = tf.mul(ofSlope, 0.5);
  const dUpper = tf.sub(tf.sub(ofUpper, shared), tilt);
  const dLower = tf.add(tf.sub(tf.sub(all, ofUpper), shared), tilt);
  return [dx!, dAlpha, dLower, dUpper];
}

/**
 * dL/dx, and six sums over all elements: of dL/dy, of dL/dy times sigma = 1/(1 + e^(-c v)), the same two of what of dL/dy lies within the
 * levels, of dL/dx and of dL/dx v.
 *
 * @param parameters the middle, the reciprocal of half the distance of the levels, c, and 2 c s: dx = slope dy (sigma - sigma^2) within.
 */
function slopeAndSums(
  tf: Tf,
  dy: Tensor,
  x: Tensor,
  parameters: readonly [middle: Tensor, reciprocal: Tensor, c: Tensor, slope: Tensor],
): Tensor[] {
  const fused = runFusedWithSums(tf, SOFT_STEP_GRADIENT, { dy, x, parameters });
  if (fused) return [fused[0], ...tf.unstack(fused[1])];
  const [middle, reciprocal, c, slope] = parameters;
  const total = (map: Tensor): Tensor => tf.sum(columnSums(tf, map));
  const unclipped = tf.mul(tf.sub(x, middle), reciprocal);
  const v = tf.clipByValue(unclipped, -1, 1);
  const inside = tf.mul(dy, within(tf, unclipped, 1));
  const sigma = tf.sigmoid(tf.mul(v, c));
  const dx = tf.mul(inside, tf.mul(tf.sub(sigma, tf.square(sigma)), slope));
  const maps = [dy, tf.mul(dy, sigma), inside, tf.mul(inside, sigma), dx, tf.mul(dx, v)];
  return [dx, ...maps.map(total)];
}
