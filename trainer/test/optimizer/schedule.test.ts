import { describe, expect, test } from 'vitest';
import { authorsSchedule, firstEpochOf, learningRateOf, type Schedule } from '../../src/optimizer/schedule.js';

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

const ratesOf = (
  schedule: Schedule,
  given: { learningRate: number; epochs: number; warmUpEpochs?: number },
  times: readonly (readonly [epoch: number, share: number])[],
): number[] =>
  times.map(([epoch, share]) => learningRateOf(epoch, share, { schedule, firstEpoch: 0, warmUpEpochs: 0, ...given }));
const starts = (...epochs: number[]) => epochs.map((epoch) => [epoch, 0] as const);
const close = (...rates: number[]) => rates.map((rate) => expect.closeTo(rate, 9));

describe('the learning rate', () => {
  test('of a cosine falls from the full rate along half a cosine, the same for all steps of an epoch', () => {
    const cosine = { type: 'cosine' } as const;
    const given = { learningRate: 2, epochs: 4 };
    expect(ratesOf(cosine, given, starts(0, 1, 2, 3))).toEqual(close(2, 1 + Math.SQRT1_2, 1, 1 - Math.SQRT1_2));
    expect(ratesOf(cosine, given, [[1, 0.9]])).toEqual(ratesOf(cosine, given, [[1, 0]]));
  });

  test('rises in equal steps to the full rate, which the first epoch after warm-up has', () => {
    const given = { learningRate: 3, epochs: 10, warmUpEpochs: 2 };
    for (const type of ['cosine', 'linear', 'constant'] as const)
      expect(ratesOf({ type }, given, starts(0, 1, 2))).toEqual(close(1, 2, 3));
  });

  test('falls by steps within an epoch where it is linear or a power', () => {
    const given = { learningRate: 2, epochs: 4 };
    const times = [...starts(0, 1), [1, 0.5], [3, 0.5]] as const;
    expect(ratesOf({ type: 'linear' }, given, times)).toEqual(close(2, 1.5, 1.25, 0.25));
    expect(ratesOf({ type: 'poly', power: 2 }, given, times)).toEqual(close(2, 1.125, 0.78125, 0.03125));
  });

  test('drops at its milestones, by one factor or by one for each', () => {
    const at = [40 / 120, 80 / 120];
    const given = { learningRate: 1, epochs: 120 };
    expect(ratesOf({ type: 'steps', at, factor: 0.1 }, given, starts(39, 40, 79, 80))).toEqual(
      close(1, 0.1, 0.1, 0.01),
    );
    expect(ratesOf({ type: 'steps', at, factor: [0.2, 0.5] }, given, starts(39, 40, 80))).toEqual(close(1, 0.2, 0.1));
    expect(ratesOf({ type: 'steps', at: [49 / 100], factor: 0.1 }, { ...given, epochs: 100 }, starts(48, 49))).toEqual(
      close(1, 0.1),
    );
  });

  test('of one cycle rises over 30 % from 1/25 and falls to next to nothing', () => {
    const given = { learningRate: 25, epochs: 10 };
    expect(ratesOf({ type: 'one-cycle' }, given, [...starts(0, 3), [9, 0.999]])).toEqual([
      expect.closeTo(1, 9),
      expect.closeTo(25, 9),
      expect.closeTo(1e-4, 4),
    ]);
  });

  test('of BiPer is that of its authors', () => {
    const schedule = { type: 'biper-code' } as const;
    const rateOf = authorsSchedule({ learningRate: 0.021, epochs: 600, hasWarmUp: true, stage: '1' });
    const given = { learningRate: 0.021, epochs: 600, warmUpEpochs: 5 };
    expect(ratesOf(schedule, given, starts(3, 300))).toEqual([rateOf(3), rateOf(300)]);
  });
});
