import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { crossEntropy, distillationLoss, labelTargets } from '../../src/layers/losses.js';
import type { Tensor, Tensor2D, Tf } from '../../src/types.js';
import { centralDifferences } from '../quantizers/differentiate.js';

const LOGITS = [2.1, -0.3, 0.8, -1.4, 0.2, 3.3];
const TEACHER = [1.1, 0.3, -0.2, 0.4, -2.2, 1.9];
const LABELS = [2, 2];

const softmax = (z: readonly number[]): number[] => {
  const powers = z.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
};
const rows = (z: readonly number[]): number[][] => [z.slice(0, 3), z.slice(3)];
const meanCrossEntropy = (z: readonly number[], targets: readonly number[][]): number =>
  rows(z).reduce(
    (total, row, i) => total - softmax(row).reduce((sum, p, c) => sum + targets[i]![c]! * Math.log(p), 0) / 2,
    0,
  );

describe.each(['wasm', 'cpu'] as const)('losses on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  const evaluate = async (loss: (z: Tensor2D) => Tensor): Promise<{ value: number; gradient: number[] }> => {
    const { value, grad } = tf.valueAndGrad((z: Tensor) => loss(z as Tensor2D))(tf.tensor2d(LOGITS, [2, 3]));
    const result = { value: (await value.data())[0]!, gradient: Array.from(await grad.data()) };
    tf.dispose([value, grad]);
    return result;
  };

  test.each([0, 0.1])("the cross entropy with smoothing %d is PyTorch's", async (smoothing) => {
    const targets = LABELS.map((label) => [0, 1, 2].map((c) => (c === label ? 1 - smoothing : 0) + smoothing / 3));
    const found = await evaluate((z) =>
      crossEntropy(tf, z, labelTargets(tf, tf.tensor1d(LABELS, 'int32'), 3, smoothing)),
    );
    expect(found.value).toBeCloseTo(meanCrossEntropy(LOGITS, targets), 6);
    const expected = centralDifferences((z) => [meanCrossEntropy(z, targets)], LOGITS, [1]);
    found.gradient.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
  });

  test('the cross entropy of logits in the hundreds is finite', async () => {
    const loss = tf.tidy(() => {
      const targets = labelTargets(tf, tf.tensor1d([1], 'int32'), 3, 0);
      return crossEntropy(tf, tf.tensor2d([500, -500, 0], [1, 3]), targets);
    });
    expect((await loss.data())[0]).toBe(1000);
    loss.dispose();
  });

  test('distillation is T^2 KL(teacher || student) of softened probabilities, with its gradient', async () => {
    const temperature = 4;
    const soften = (z: readonly number[]): number[][] => rows(z).map((row) => softmax(row.map((x) => x / temperature)));
    const divergence = (z: readonly number[]): number =>
      soften(TEACHER).reduce(
        (total, p, i) =>
          total + (temperature ** 2 * p.reduce((sum, x, c) => sum + x * Math.log(x / soften(z)[i]![c]!), 0)) / 2,
        0,
      );
    const found = await evaluate((z) => distillationLoss(tf, z, tf.tensor2d(TEACHER, [2, 3]), temperature));
    expect(found.value).toBeCloseTo(divergence(LOGITS), 5);
    const expected = centralDifferences((z) => [divergence(z)], LOGITS, [1]);
    found.gradient.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
  });

  test('distillation from a teacher that agrees costs nothing', async () => {
    const found = await evaluate((z) => distillationLoss(tf, z, tf.tensor2d(LOGITS, [2, 3]), 2));
    expect(found.value).toBeCloseTo(0, 6);
  });
});
