import type { ZeroRule } from '@signwave/format';

/** How the integer sum of a binary convolution becomes a bit, for one channel (SPEC 4.5, 4.8, 4.2). */
export interface SumToBit {
  /** The scale of the affine; scale and bias are absent if there is none. */
  readonly scale?: number;
  readonly bias?: number;
  /** Sums below this one become it. */
  readonly least: number;
  readonly lo: number;
  readonly hi: number;
  readonly threshold: number;
  readonly zeroRule: ZeroRule;
}

/** bit = (sum >= threshold) XOR flip */
export interface SumThreshold {
  readonly threshold: number;
  readonly flip: boolean;
}

const ALWAYS = -(2 ** 31);

/** Whether a sum gives +1, by the float expression of the reference. */
export function sumIsPlus(channel: SumToBit, sum: number): boolean {
  let x = Math.max(sum, channel.least);
  if (channel.scale !== undefined) x = Math.fround(Math.fround(x * channel.scale) + channel.bias!);
  if (x < channel.lo) x = channel.lo;
  else if (x > channel.hi) x = channel.hi;
  return channel.zeroRule === 'minus' ? x > channel.threshold : x >= channel.threshold;
}

/**
 * Finds the integer threshold that gives the same bit as the float expression for every sum from -maxSum to maxSum.
 *
 * Rounding is monotone, so the expression only rises, or only falls, with the sum, and changes its bit at most once; bisection finds where.
 * The closed form, (t - b) / m, is sometimes off by one, when rounding crosses the threshold.
 */
export function sumThreshold(channel: SumToBit, maxSum: number): SumThreshold {
  const atLeast = sumIsPlus(channel, -maxSum);
  const atMost = sumIsPlus(channel, maxSum);
  if (atLeast === atMost) return { threshold: ALWAYS, flip: !atLeast };
  let below = -maxSum; // gives `atLeast`
  let above = maxSum; // gives `atMost`
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (sumIsPlus(channel, middle) === atMost) above = middle;
    else below = middle;
  }
  return { threshold: above, flip: atLeast };
}

const word = new Int32Array(1);
const float = new Float32Array(word.buffer);

/** The smallest float32 above a finite x, so that `v > x` equals `v >= nextUp(x)`. */
export function nextUp(x: number): number {
  float[0] = x;
  if (float[0] === 0) word[0] = 1;
  else word[0]! += float[0] > 0 ? 1 : -1;
  return float[0]!;
}
