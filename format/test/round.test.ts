import { expect, test } from 'vitest';
import { roundHalfToEven } from '../src/round.js';

test('halves are rounded to the even neighbour, everything else to the nearest', () => {
  const values = [-2.5, -1.5, -1.2, -0.5, 0, 0.4, 0.5, 0.6, 1.5, 2.5, 3.5, 2 ** 52 + 1];
  expect(values.map((x) => roundHalfToEven(x) + 0)).toEqual([-2, -2, -1, 0, 0, 0, 0, 1, 2, 2, 4, 2 ** 52 + 1]);
});
