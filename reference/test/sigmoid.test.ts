import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../test/seeded-random.js';
import { runOnVector } from './graphs.js';

const sigmoid = (...values: number[]): number[] => runOnVector(values, (g, x) => g.sigmoid(x));

/** Bits behind the binary point of the exact values below. */
const BITS = 400n;
const ONE = 1n << BITS;

/** A binary32 number times 2^400; all that are tried here are whole multiples of 2^-400. */
function fixed(x: number): bigint {
  // Scaled to a whole number first: 2^149 is the least power that does this for every binary32 number.
  return x === 0 ? 0n : (BigInt(x * 2 ** 149) << BITS) >> 149n;
}

/** e^t to far more places than any rounding asks for: by its series for t / 2^20, squared 20 times. */
function exponential(t: number): bigint {
  const u = fixed(t) >> 20n;
  let sum = ONE;
  let term = ONE;
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = (term * u) / (k << BITS);
    sum += term;
    if (k > 60n) break;
  }
  for (let i = 0; i < 20; i++) sum = (sum * sum) >> BITS;
  return sum;
}

/** 1 / (1 + e^-x) times 2^400, exact but for some hundred bits at the end. */
function exactly(x: number): bigint {
  return (ONE * ONE) / (ONE + exponential(-x));
}

/** The distance between binary32 numbers around y, in 2^-400. */
function spacing(y: number): bigint {
  const exponent = y === 0 ? -126 : Math.max(-126, Math.floor(Math.log2(y)));
  return 1n << (BITS + BigInt(exponent) - 23n);
}

/** How far y lies from the exact sigmoid of x, in thousandths of the distance between binary32 numbers there. */
function thousandths(x: number, y: number): number {
  const difference = fixed(y) - exactly(x);
  return Number(((difference < 0n ? -difference : difference) * 1000n) / spacing(y));
}

describe('sigmoid', () => {
  test('of both zeros is a half', () => {
    expect(sigmoid(0, -0)).toEqual([0.5, 0.5]);
  });

  test('of infinities is 1 and 0, and of NaN is NaN', () => {
    const huge = 2 ** 127;
    const got = runOnVector([huge, -huge, huge], (g, x) => {
      const infinite = g.add(g.add(x, x), x);
      // The third is infinity times 0.
      g.sigmoid(g.affine(infinite, Float32Array.of(1, 1, 0)));
    });
    expect(got).toEqual([1, 0, Number.NaN]);
  });

  test('reaches 1 and 0 where binary32 does, and stays there for numbers however large', () => {
    expect(sigmoid(17.5, 63, 64, 65, 1e4, 3.4e38)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(sigmoid(-104, -110, -1024, -1e4, -1e30, -3.4e38)).toEqual([0, 0, 0, 0, 0, 0]);
    const [below] = sigmoid(16.6);
    expect(below).toBeLessThan(1);
  });

  test('has subnormal results: the least is that of about -103.9', () => {
    const least = 2 ** -149;
    expect(sigmoid(-103.9, -103.3, -103.2)).toEqual([least, least, least]);
    expect(sigmoid(-88)[0]).toBeLessThan(2 ** -126);
    expect(sigmoid(-88)[0]).toBeGreaterThan(2 ** -127);
  });

  test('is a half beside the tiniest numbers', () => {
    expect(sigmoid(2 ** -149, -(2 ** -149), 2 ** -126, -(2 ** -30))).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  test('is the binary32 number nearest to the exact value, for numbers of every size', () => {
    const random = seededRandom(1);
    const values = Array.from({ length: 600 }, () =>
      Math.fround((random() * 2 - 1) * 2 ** (Math.floor(random() * 14) - 6)),
    );
    const inRange = values.filter((x) => x > -104);
    const got = sigmoid(...inRange);
    const far = inRange.flatMap((x, i) => (thousandths(x, got[i]!) > 500 ? [x] : []));
    expect(far).toEqual([]);
  });

  test('never falls as its operand rises', () => {
    const values = Array.from({ length: 4001 }, (_, i) => Math.fround(-105 + i * 0.031));
    const got = sigmoid(...values);
    expect(got.every((y, i) => i === 0 || y >= got[i - 1]!)).toBe(true);
  });
});
