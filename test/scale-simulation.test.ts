import { expect, test } from 'vitest';
import { simulate } from '../scripts/documents/scale-simulation.mjs';
import { seededRandom } from './seeded-random.js';

const FLEET = {
  images: 1e6,
  workers: 10,
  shareImages: 1000,
  imageSeconds: 0.02,
  startSeconds: 0.5,
  slowWorkers: 0,
  slowdown: 1,
  failuresPerHour: 0,
  replaceSeconds: 60,
};

test('shares that divide evenly among equal workers cost their starts alone', () => {
  const { hours, idealHours, startShare, lostShare, idleShare } = simulate(FLEET, seededRandom(1));
  expect(idealHours).toBeCloseTo(2000 / 3600, 12);
  expect(hours).toBeCloseTo((2000 + 100 * 0.5) / 3600, 9);
  expect(startShare).toBeCloseTo(50 / 2050, 9);
  expect(lostShare).toBe(0);
  expect(idleShare).toBeCloseTo(0, 9);
});

test('one share for each worker waits for the slow one', () => {
  const { hours, idleShare } = simulate(
    { ...FLEET, shareImages: 1e5, slowWorkers: 0.1, slowdown: 3, startSeconds: 0 },
    seededRandom(1),
  );
  expect(hours).toBeCloseTo((3 * 2000) / 3600, 9);
  // Nine of ten workers are done after a third of the time.
  expect(idleShare).toBeCloseTo(0.9 * (2 / 3), 9);
});

test('workers that fail cost about half a share for each failure', () => {
  const fleet = { ...FLEET, images: 1e7, failuresPerHour: 5, replaceSeconds: 0, startSeconds: 0 };
  // Of a share that takes s, with failures at the rate r, (exp(r s) - 1 - r s) / r is lost on the average until it is done.
  const taken = 1000 * 0.02;
  const rate = 5 / 3600;
  const lost = (Math.expm1(rate * taken) - rate * taken) / rate;
  const { lostShare } = simulate(fleet, seededRandom(2));
  expect(lostShare / (lost / (taken + lost))).toBeGreaterThan(0.9);
  expect(lostShare / (lost / (taken + lost))).toBeLessThan(1.1);
});

test('a list that isn’t a multiple of its shares has a smaller last one', () => {
  const fleet = { ...FLEET, workers: 1, startSeconds: 0, images: 2500 };
  expect(simulate(fleet, seededRandom(1)).hours).toBeCloseTo((2500 * 0.02) / 3600, 12);
});
