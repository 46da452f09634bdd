import type { ZeroRule } from '@signwave/format';

/** What lies between the integer sum of a binary convolution and a bit, for one channel (SPEC 4.5, 4.8, 4.2). */
export interface SumToBit {
  /** Scale and bias of the affine, if there is one. */
  readonly scale?: number;
  readonly bias?: number;
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

/** The reference's own float expression: whether a sum gives +1. */
export function sumIsPlus(channel: SumToBit, sum: number): boolean {
  let x = sum;
  if (channel.scale !== undefined) x = Math.fround(Math.fround(x * channel.scale) + channel.bias!);
  if (x < channel.lo) x = channel.lo;
  else if (x > channel.hi) x = channel.hi;
  return channel.zeroRule === 'minus' ? x > channel.threshold : x >= channel.threshold;
}

/**
 * The integer threshold that gives the same bit as the float expression for every sum in -maxSum..maxSum.
 *
 * Rounding is monotone, so the expression rises or falls with the sum as a whole and changes its bit at most once: bisection
 * finds where. A closed form, (t - b) / m, is off by one now and then, where a rounding crosses the threshold.
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

/** The smallest float32 above a finite x, so that `v > x` can be asked as `v >= nextUp(x)`. */
export function nextUp(x: number): number {
  float[0] = x;
  if (float[0] === 0) word[0] = 1;
  else word[0]! += float[0] > 0 ? 1 : -1;
  return float[0]!;
}
