import { describe, expect, test } from 'vitest';
import { runOn, tensor, vector } from './graphs.js';

const f = Math.fround;
const MAP_3X3 = { height: 3, width: 3, channels: 1 };
const ONE_TO_NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('conv', () => {
  test('slides a filter as in the equation: correlation, not its mirror image', () => {
    const weights = tensor([1, 2, 2, 1], [1, 10, 100, 1000]);
    expect(runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.conv(x, weights))).toEqual([5421, 6532, 8754, 9865]);
  });

  test('adds nothing for pads, each side its own', () => {
    const weights = tensor([1, 1, 2, 1], [1, 10]);
    const pad = { top: 1, left: 1, bottom: 0, right: 0 };
    const got = runOn({ height: 1, width: 2, channels: 1 }, [3, 4], (g, x) => g.conv(x, weights, { pad }));
    expect(got).toEqual([0, 0, 30, 43]);
  });

  test('takes strides and dilations of each side', () => {
    const weights = tensor([1, 2, 2, 1], [1, 10, 100, 1000]);
    const dilated = runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.conv(x, weights, { dilation: 2 }));
    expect(dilated).toEqual([1 + 30 + 700 + 9000]);
    const wide = runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.conv(x, weights, { dilation: { height: 1, width: 2 } }));
    expect(wide).toEqual([1 + 30 + 400 + 6000, 4 + 60 + 700 + 9000]);
    const strided = runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.conv(x, weights, { stride: { height: 2, width: 1 } }));
    expect(strided).toEqual([5421, 6532]);
  });

  test('keeps groups apart', () => {
    // Filters 0, 1 see channels 0, 1; filters 2, 3 see channels 2, 3.
    const weights = tensor([4, 1, 1, 2], [1, 0, 0, 1, 1, 1, 1, -1]);
    const shape = { height: 1, width: 2, channels: 4 };
    const got = runOn(shape, [1, 2, 3, 4, 5, 6, 7, 8], (g, x) => g.conv(x, weights, { groups: 2 }));
    expect(got).toEqual([1, 2, 7, -1, 5, 6, 15, -1]);
  });

  test('sums in the order ky, kx, i and rounds each step', () => {
    const shape = { height: 1, width: 2, channels: 2 };
    const ones = tensor([1, 1, 2, 2], [1, 1, 1, 1]);
    // (2^24 + 1) + 1 loses both ones; 1 + 1 + 2^24 keeps them.
    expect(runOn(shape, [2 ** 24, 1, 1, 0], (g, x) => g.conv(x, ones))).toEqual([2 ** 24]);
    expect(runOn(shape, [1, 1, 2 ** 24, 0], (g, x) => g.conv(x, ones))).toEqual([2 ** 24 + 2]);
  });

  test('rounds each product before it is added', () => {
    const v = 1 + 2 ** -12;
    const weights = tensor([1, 1, 1, 2], [-1, v]);
    const got = runOn({ height: 1, width: 1, channels: 2 }, [1, v], (g, x) => g.conv(x, weights));
    expect(got).toEqual([2 ** -11]);
  });

  test('starts at +0, so that a sum of -0 is +0', () => {
    const got = runOn({ height: 1, width: 1, channels: 2 }, [-0, -0], (g, x) =>
      g.conv(x, tensor([1, 1, 1, 2], [1, 1])),
    );
    expect(got).toEqual([0]);
  });
});

describe('linear', () => {
  test('multiplies a vector with one row of weights for each output, in the order of inputs', () => {
    const weights = tensor([2, 1, 1, 3], [1, 2, 3, 1, 1, 1]);
    const got = runOn({ height: 1, width: 1, channels: 3 }, [1, 2 ** 24, -(2 ** 24)], (g, x) => g.linear(x, weights));
    expect(got).toEqual([f(1 + 2 ** 25) - f(3 * 2 ** 24), 0]);
  });
});

describe('maxPool', () => {
  test('takes no pad for the largest element', () => {
    const got = runOn(
      MAP_3X3,
      ONE_TO_NINE.map((v) => -v),
      (g, x) => g.maxPool(x, 3, { stride: 2, pad: 1 }),
    );
    expect(got).toEqual([-1, -2, -4, -5]);
  });

  test('in ceil mode adds a last window where one starts inside the map or its leading pad', () => {
    expect(runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.maxPool(x, 2, { ceilMode: true }))).toEqual([5, 6, 8, 9]);
    expect(runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.maxPool(x, 2))).toEqual([5]);
    // Size 3, pads 1, stride 4: the second window would start at 3, in the trailing pad, and is dropped.
    const dropped = runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.maxPool(x, 2, { stride: 4, pad: 1, ceilMode: true }));
    expect(dropped).toEqual([1]);
  });

  test('puts +0 above -0 in either order', () => {
    const shape = { height: 2, width: 2, channels: 1 };
    const pool = { stride: { height: 1, width: 1 } };
    expect(runOn(shape, [-0, 0, 0, -0], (g, x) => g.maxPool(x, { height: 1, width: 2 }, pool))).toEqual([0, 0]);
    expect(runOn(shape, [-0, -0, -0, -0], (g, x) => g.maxPool(x, 2))).toEqual([0]);
  });

  test('keeps channels apart', () => {
    const shape = { height: 1, width: 2, channels: 3 };
    const got = runOn(shape, [1, 5, 3, 4, 2, 6], (g, x) => g.maxPool(x, { height: 1, width: 2 }));
    expect(got).toEqual([4, 5, 6]);
  });
});

describe('avgPool', () => {
  test('counts pads where asked to', () => {
    const got = runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.avgPool(x, 2, { pad: 1, countPads: true }));
    expect(got).toEqual([1 / 4, 5 / 4, 11 / 4, 28 / 4]);
  });

  test('divides by the elements inside the map otherwise', () => {
    const got = runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.avgPool(x, 2, { pad: 1, countPads: false }));
    expect(got).toEqual([1, 5 / 2, 11 / 2, 28 / 4]);
  });

  test('in ceil mode counts no position beyond the map and its pads', () => {
    const open = runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.avgPool(x, 2, { ceilMode: true, countPads: true }));
    expect(open).toEqual([3, 9 / 2, 15 / 2, 9]);
    // Windows of 3 at -1, 2: the second one covers 2, 3 (a pad) and 4 (nothing): 2 positions a side.
    const padded = runOn(MAP_3X3, ONE_TO_NINE, (g, x) =>
      g.avgPool(x, 3, { stride: 3, pad: 1, ceilMode: true, countPads: true }),
    );
    expect(padded).toEqual([f(12 / 9), 9 / 6, 15 / 6, 9 / 4]);
    // The last window of rows covers 2 and 3, a pad; of columns only 2: 2 positions.
    const pad = { top: 0, left: 0, bottom: 1, right: 0 };
    const uneven = runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.avgPool(x, 2, { pad, ceilMode: true, countPads: true }));
    expect(uneven).toEqual([3, 9 / 2, 15 / 4, 9 / 2]);
  });

  test('sums in row-major order, each sum rounded, then divides', () => {
    const shape = { height: 2, width: 2, channels: 1 };
    expect(runOn(shape, [2 ** 24, 1, 1, 0], (g, x) => g.avgPool(x, 2))).toEqual([2 ** 22]);
    expect(runOn(shape, [1, 1, 2 ** 24, 0], (g, x) => g.avgPool(x, 2))).toEqual([(2 ** 24 + 2) / 4]);
  });
});

describe('globalAvgPool', () => {
  test('averages each channel over the whole map', () => {
    const shape = { height: 3, width: 1, channels: 2 };
    expect(runOn(shape, [1, 10, 2, 20, 4, 40], (g, x) => g.globalAvgPool(x))).toEqual([f(7 / 3), f(70 / 3)]);
  });
});

describe('channels and slices', () => {
  const shape = { height: 1, width: 2, channels: 2 };

  test('padChannels puts +0 on both sides', () => {
    expect(runOn(shape, [1, 2, 3, 4], (g, x) => g.padChannels(x, 1, 2))).toEqual([0, 1, 2, 0, 0, 0, 3, 4, 0, 0]);
  });

  test('concat joins the channels of all operands in order', () => {
    const got = runOn(shape, [1, 2, 3, 4], (g, x) => g.concat(x, g.affine(x, vector(10, 10)), x));
    expect(got).toEqual([1, 2, 10, 20, 1, 2, 3, 4, 30, 40, 3, 4]);
  });

  test('sliceSpatial takes every step-th row and column from its start', () => {
    const start = { height: 0, width: 1 };
    expect(runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.sliceSpatial(x, 2))).toEqual([1, 3, 7, 9]);
    expect(runOn(MAP_3X3, ONE_TO_NINE, (g, x) => g.sliceSpatial(x, { height: 2, width: 1 }, start))).toEqual([
      2, 3, 8, 9,
    ]);
  });

  test('flatten keeps the memory order, channels fastest', () => {
    const weights = tensor([1, 1, 1, 4], [1, 10, 100, 1000]);
    expect(runOn(shape, [1, 2, 3, 4], (g, x) => g.linear(g.flatten(x), weights))).toEqual([4321]);
  });
});
