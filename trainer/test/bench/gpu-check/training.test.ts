import { expect, test } from 'vitest';
import { plannedEpochs } from '../../../bench/gpu-check/training.js';

test.each([
  { imagesPerSecond: 4000, seconds: 480, epochs: 76 },
  { imagesPerSecond: 10, seconds: 480, epochs: 1 },
  { imagesPerSecond: undefined, seconds: 480, epochs: 1 },
])('as many epochs are planned as fit, but at least one: $imagesPerSecond images/s', ({ epochs, ...plan }) => {
  expect(plannedEpochs({ batch: 128, ...plan }, 20_000)).toBe(epochs);
});
