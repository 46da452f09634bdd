import { describe, expect, test } from 'vitest';
import { authorsSchedule, cosineSchedule, firstEpochOf } from '../../src/optimizer/index.js';

/**
 * The authors' loop with PyTorch's CosineAnnealingLR in its recursive form, written out: what it does to the learning rate is what counts.
 */
function authorsLoop(
  learningRate: number,
  epochs: number,
  hasWarmUp: boolean,
  startEpoch: number,
): Map<number, number> {
  const warmUp = Number(hasWarmUp);
  const period = epochs - 4 * warmUp;
  let rate = learningRate;
  let lastEpoch = startEpoch;
  const schedulerStep = (): void => {
    lastEpoch++;
    if (lastEpoch === 0) return;
    rate *= (1 + Math.cos((Math.PI * lastEpoch) / period)) / (1 + Math.cos((Math.PI * (lastEpoch - 1)) / period));
  };
  schedulerStep(); // the constructor does
  const rates = new Map<number, number>();
  for (let epoch = startEpoch + 1; epoch < epochs; epoch++) {
    if (hasWarmUp && epoch < 5) rate = (learningRate * (epoch + 1)) / 5;
    rates.set(epoch, rate);
    if (epoch >= 4 * warmUp) schedulerStep();
  }
  return rates;
}

describe("the authors' schedule", () => {
  test.each([
    { name: 'CIFAR stage 1', learningRate: 0.021, epochs: 600, hasWarmUp: true, stage: '1' },
    { name: 'CIFAR stage 2', learningRate: 0.0037, epochs: 300, hasWarmUp: true, stage: '2' },
    { name: 'ImageNet stage 1', learningRate: 0.1, epochs: 200, hasWarmUp: true, stage: '1' },
    { name: 'ImageNet stage 2', learningRate: 0.01, epochs: 100, hasWarmUp: false, stage: '2' },
    { name: 'a short stage 1', learningRate: 0.1, epochs: 12, hasWarmUp: true, stage: '1' },
    { name: 'a short stage 2', learningRate: 0.02, epochs: 5, hasWarmUp: false, stage: '2' },
  ] as const)('is what their loop does: $name', ({ learningRate, epochs, hasWarmUp, stage }) => {
    const rateOf = authorsSchedule({ learningRate, epochs, hasWarmUp, stage });
    const expected = authorsLoop(learningRate, epochs, hasWarmUp, stage === '1' ? -1 : 0);
    expect([...expected.keys()][0]).toBe(firstEpochOf(stage));
    for (const [epoch, rate] of expected) expect(rateOf(epoch), `epoch ${epoch}`).toBeCloseTo(rate, 10);
  });

  test('starts with a fifth of the rate in stage 1 and two fifths in stage 2', () => {
    const options = { learningRate: 1, epochs: 300, hasWarmUp: true };
    expect(authorsSchedule({ ...options, stage: '1' })(firstEpochOf('1'))).toBeCloseTo(0.2);
    expect(authorsSchedule({ ...options, stage: '2' })(firstEpochOf('2'))).toBeCloseTo(0.4);
  });
});

describe('the cosine schedule', () => {
  test('falls from the full rate along half a cosine', () => {
    const rateOf = cosineSchedule({ learningRate: 2, epochs: 4, warmUpEpochs: 0 });
    expect([0, 1, 2, 3].map(rateOf)).toEqual(
      [2, 1 + Math.SQRT1_2, 1, 1 - Math.SQRT1_2].map((r) => expect.closeTo(r, 12)),
    );
  });

  test('rises in equal steps to the full rate, which the first epoch after warm-up has', () => {
    const rateOf = cosineSchedule({ learningRate: 3, epochs: 10, warmUpEpochs: 2 });
    expect([0, 1, 2].map(rateOf)).toEqual([1, 2, 3].map((r) => expect.closeTo(r, 12)));
  });
});
