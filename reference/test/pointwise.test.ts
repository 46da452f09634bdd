import { describe, expect, test } from 'vitest';
import { runOn, runOnVector, tensor, vector } from './graphs.js';

const f = Math.fround;
/** Smallest positive subnormal of binary32. */
const TINY = 2 ** -149;

describe('sign', () => {
  const input = [-2, -TINY, -0, 0, TINY, 3];
  test.each([
    ['plus', 1],
    ['minus', -1],
    ['zero', 0],
  ] as const)('with zero rule %s maps both zeros to %i', (zeroRule, tie) => {
    expect(runOnVector(input, (g, x) => g.sign(x, { zeroRule }))).toEqual([-1, -1, tie, tie, 1, 1]);
  });

  test.each([
    ['plus', 1],
    ['minus', -1],
    ['zero', 0],
  ] as const)('with zero rule %s decides ties at a threshold of each channel', (zeroRule, tie) => {
    const threshold = vector(0.1, -1.5, 0);
    const values = [f(0.1), -1.5, -0, 0.2, -1.4, -1, 0.05, -1.6, 1];
    const shape = { height: 3, width: 1, channels: 3 };
    const got = runOn(shape, values, (g, x) => g.sign(x, { threshold, zeroRule }));
    expect(got).toEqual([tie, tie, tie, 1, 1, -1, -1, -1, 1]);
  });
});

describe('affine', () => {
  test('rounds the product, then the sum', () => {
    // 1 + 2^-12 squared is 1 + 2^-11 + 2^-24; the last term is a tie and goes to even before the sum.
    const v = 1 + 2 ** -12;
    const fused = f(v * v - 1);
    const got = runOnVector([v], (g, x) => g.affine(x, vector(v), vector(-1)));
    expect(got).toEqual([2 ** -11]);
    expect(got).not.toEqual([fused]);
  });

  test('with gamma 0 gives the bias, and keeps the sign of zero where the bias is -0', () => {
    const got = runOnVector([5, -5, -5], (g, x) => g.affine(x, vector(0, 0, 0), vector(0.25, 0.25, -0)));
    expect(got).toEqual([0.25, 0.25, -0]);
  });

  test('keeps subnormals', () => {
    expect(runOnVector([2 ** -100], (g, x) => g.affine(x, vector(2 ** -49), vector(0)))).toEqual([TINY]);
  });
});

describe('add', () => {
  test('rounds the sum to binary32, ties to even', () => {
    const got = runOnVector([1, 2 ** -24, -0], (g, x) =>
      g.add(x, g.affine(x, vector(2 ** -24, 1, 1), vector(0, 0, -0))),
    );
    expect(got).toEqual([1, 2 ** -23, -0]);
  });
});

describe('clip', () => {
  test('keeps what is inside, -0 included', () => {
    expect(runOnVector([-3, -1, -0, 0.5, 1, 7], (g, x) => g.hardtanh(x))).toEqual([-1, -1, -0, 0.5, 1, 1]);
    expect(runOnVector([-3, -0, 0, 7], (g, x) => g.relu(x))).toEqual([0, -0, 0, 7]);
  });

  test('rounds its limits to binary32', () => {
    expect(runOnVector([-1, 1], (g, x) => g.clip(x, -0.1, 0.1))).toEqual([f(-0.1), f(0.1)]);
  });
});

describe('prelu', () => {
  test('takes a slope for each sign and channel; both zeros take the positive one', () => {
    const shape = { height: 2, width: 2, channels: 2 };
    const values = [-2, -2, 3, 3, -0, -0, 0, 0];
    const got = runOn(shape, values, (g, x) => g.prelu(x, vector(0.25, -1), vector(1, 2)));
    expect(got).toEqual([-0.5, 2, 3, 6, -0, -0, 0, 0]);
  });
});

describe('borderBias', () => {
  test('adds the constant of the border class: 1 row on top, 2 below, 1 column on the left', () => {
    // Rows of classes 0 | 1 | 2, 3; columns of classes 0 | 1. The constant is 10 * row class + column class.
    const bias = tensor([1, 4, 2, 1], [0, 1, 10, 11, 20, 21, 30, 31]);
    const shape = { height: 5, width: 3, channels: 1 };
    const got = runOn(shape, new Float32Array(15), (g, x) => g.borderBias(x, bias, 1, 1));
    expect(got).toEqual([0, 1, 1, 10, 11, 11, 10, 11, 11, 20, 21, 21, 30, 31, 31]);
  });

  test('leaves no interior where the map is as high as the classes are many', () => {
    const bias = tensor([1, 2, 1, 2], [1, 2, 3, 4]);
    const got = runOn({ height: 2, width: 1, channels: 2 }, [0.5, 0.5, 0.5, 0.5], (g, x) =>
      g.borderBias(x, bias, 1, 0),
    );
    expect(got).toEqual([1.5, 2.5, 3.5, 4.5]);
  });
});

describe('sampleMean', () => {
  test('subtracts the mean of the whole map', () => {
    const got = runOn({ height: 1, width: 2, channels: 2 }, [1, 2, 3, 6], (g, x) => g.sampleMean(x));
    expect(got).toEqual([-2, -1, 0, 3]);
  });

  test('sums in binary64: a term that binary32 would lose counts', () => {
    const got = runOnVector([2 ** 24, 1, -(2 ** 24), 1], (g, x) => g.sampleMean(x));
    expect(got).toEqual([f(2 ** 24 - 0.5), 0.5, f(-(2 ** 24) - 0.5), 0.5]);
  });

  test('rounds the mean before it subtracts', () => {
    const got = runOnVector([1, 0, 0], (g, x) => g.sampleMean(x));
    expect(got).toEqual([f(1 - f(1 / 3)), -f(1 / 3), -f(1 / 3)]);
  });
});

describe('scale', () => {
  test('multiplies each channel by the element of a vector, at every pixel, and rounds the product', () => {
    const v = 1 + 2 ** -12;
    const got = runOn({ height: 2, width: 1, channels: 2 }, [v, -2, v, 6], (g, x) => g.scale(x, g.globalAvgPool(x)));
    expect(got).toEqual([f(v * v), -4, f(v * v), 12]);
  });

  test('keeps subnormals and the sign of a zero', () => {
    const got = runOnVector([2 ** -100, -0, -3], (g, x) =>
      g.scale(x, g.affine(x, vector(0, 0, 0), vector(2 ** -49, 5, 0))),
    );
    expect(got).toEqual([TINY, -0, -0]);
  });
});

describe('multiply', () => {
  test('multiplies element by element and rounds the product', () => {
    const v = 1 + 2 ** -12;
    const got = runOn({ height: 2, width: 1, channels: 2 }, [v, -2, -0, 3], (g, x) => g.multiply(x, x));
    expect(got).toEqual([f(v * v), 4, 0, 9]);
  });

  test('overflows to infinity, and infinity times zero is NaN', () => {
    const got = runOnVector([2 ** 127, 2 ** 127, 2 ** 127], (g, x) => {
      const infinite = g.multiply(x, x);
      g.multiply(infinite, g.affine(x, vector(0, 0, 0), vector(0, -0.5, 1)));
    });
    expect(got).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });
});

describe('softmax', () => {
  test('gives probabilities that sum to 1, for large inputs too', () => {
    const got = runOnVector([1000, 1000 + Math.log(3), 0], (g, x) => g.softmax(x));
    expect(got[0]).toBeCloseTo(0.25, 4);
    expect(got[1]).toBeCloseTo(0.75, 4);
    expect(got[2]).toBe(0);
  });

  test('gives finite logarithms where the probability underflows', () => {
    const got = runOnVector([0, -2000], (g, x) => g.softmax(x, { log: true }));
    expect(got).toEqual([0, -2000]);
  });
});
