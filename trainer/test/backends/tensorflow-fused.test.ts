import { expect, test } from 'vitest';
import { hasFusedOperations, registerFusedOperations } from '../../src/backends/tensorflow-fused.js';
import { HARDTANH_GRADIENT, HARDTANH_OF_SUM, hardtanh, hardtanhOfSum } from '../../src/layers/hardtanh.js';
import { perSampleScaled, SCALED_SIGN_GRADIENT } from '../../src/quantizers/per-sample.js';
import type { Tensor, Tensor4D, Tf } from '../../src/types.js';
import { centralDifferences, gradientOf, scaledPolynomial } from '../quantizers/differentiate.js';
import { wave } from './convolution-cases.js';
import { describeWithBackend } from './describe-with-backend.js';
import { onCpu } from './on-cpu.js';

type Shape = [number, number, number, number];

/** Of one element to several images for each thread, whole vectors and not. */
const SHAPES: readonly Shape[] = [
  [1, 1, 1, 1],
  [1, 1, 1, 9],
  [2, 1, 1, 3],
  [3, 5, 7, 3],
  [5, 8, 8, 16],
  [37, 4, 4, 8],
  [6, 32, 32, 16],
];
/** The composed form takes the mean and the centred values in float32, so its own error is some 1e-6. */
const TOLERANCE = 3e-6;
const OPERATIONS = [HARDTANH_OF_SUM, HARDTANH_GRADIENT, SCALED_SIGN_GRADIENT];

await describeWithBackend('tensorflow', ({ tf, isGpu }) => {
  const quantize = perSampleScaled(tf);
  const quantizeInTraining = (a: Tensor4D): Tensor4D => quantize(a, true);

  test.skipIf(isGpu)('has the operations of fused-ops.cc, as setup builds them', () => {
    expect(hasFusedOperations(tf), 'an older addon: run signwave setup tensorflow').toBe(true);
  });

  const TIES = [-2, -1, 1, 2, 0, -0, 0.99999994, -0.99999994, 1.0000001, -1.0000001, 1e-45, Number.POSITIVE_INFINITY];

  test('hardtanh and its gradient are those of cpu to the bit, at exactly -1 and 1 too', async () => {
    const shape: Shape = [1, 1, 1, TIES.length];
    const probe = TIES.map((_, i) => i + 1);
    const run = async () => unsigned(await gradientOf(tf, (x) => hardtanh(tf, x), TIES, shape, probe));
    expect(await run()).toEqual(await onCpu(tf, run));
    expect(await run()).toEqual([0, 0, 0, 0, 5, 6, 7, 8, 0, 0, 11, 0]);
  });

  test('hardtanh of a sum has the ties of hardtanh, and NaN stays NaN', async () => {
    const quarters = [-1.25, -1, -0.75, -0.25, 0, 0.25, 0.75, 1, Number.NaN];
    const [x, z] = [tf.tensor4d(quarters, [1, 1, 1, 9]), tf.fill([1, 1, 1, 9], -0.25) as Tensor4D];
    const y = hardtanhOfSum(tf, x, z);
    expect(Array.from(await y.data())).toEqual([-1, -1, -1, -0.5, -0.25, 0, 0.5, 0.75, Number.NaN]);
    tf.dispose([x, z, y]);
  });

  test.each(SHAPES)(
    'hardtanh of a sum and both gradients are those of cpu to the bit: %i x %i x %i x %i',
    async (...shape) => {
      const results = () => sumResults(tf, shape);
      expect(await results()).toEqual(await onCpu(tf, results));
    },
  );

  test('hardtanh of a sum has the gradient of its formula', async () => {
    const x = [-1.7, -0.9, -0.3, 0.05, 0.4, 0.8, 1.3];
    const z = x.map((_, i) => 0.9 * Math.sin(i));
    const probe = x.map((_, i) => Math.cos(i));
    const clipped = (at: readonly number[]): number[] => at.map((value, i) => Math.max(-1, Math.min(1, value + z[i]!)));
    const shape: Shape = [1, 7, 1, 1];
    const found = await gradientOf(tf, (at) => hardtanhOfSum(tf, at, tf.tensor4d(z, shape)), x, shape, probe);
    const expected = centralDifferences(clipped, x, probe);
    found.forEach((value, i) => {
      expect(value, `element ${i}`).toBeCloseTo(expected[i]!, 5);
    });
  });

  test('hardtanh of a map added to itself has the gradients of both terms', async () => {
    const at = [-0.7, -0.5, 0.2, 0.5];
    expect(await gradientOf(tf, (x) => hardtanhOfSum(tf, x, x), at, [1, 2, 2, 1], [1, 2, 3, 4])).toEqual([0, 0, 6, 0]);
  });

  // One element has no variance.
  test.each(SHAPES.slice(1))('per-sample scaling has the gradient of cpu: %i x %i x %i x %i', async (...shape) => {
    const a = wave(size(shape), 1.3).map((value, i) => 2 * value + Math.sin(i));
    const probe = wave(size(shape), 0.7);
    const run = () => gradientOf(tf, quantizeInTraining, [...a], shape, [...probe]);
    expectClose(await run(), await onCpu(tf, run));
  });

  test('per-sample scaling has the gradient of the polynomial of a/sqrt(var a + 1e-5)', async () => {
    const shape: Shape = [3, 3, 5, 3];
    const a = [...wave(size(shape), 1.3)].map((value, i) => value * (1 + i / 40));
    const probe = [...wave(size(shape), 0.7)];
    const found = await gradientOf(tf, quantizeInTraining, a, shape, probe);
    const expected = centralDifferences((x) => scaledPolynomial(x, 45), a, probe);
    found.forEach((value, i) => {
      expect(value, `element ${i}`).toBeCloseTo(expected[i]!, 4);
    });
  });

  test('per-sample scaling is right at exactly the edge of the window, and without contrast', async () => {
    // The variance of (c, 0, -c) is c^2, and at 1024 the 1e-5 is lost in float32: |a| equals the deviation.
    const a = [1024, 0, -1024, 0.5, 0.5, 0.5];
    const run = () => gradientOf(tf, quantizeInTraining, a, [2, 1, 3, 1], [1, 2, 3, 1, -1, 0.5]);
    const found = await run();
    expectClose(found, await onCpu(tf, run));
    expect(found.slice(0, 3)).toEqual([0, 4 / 1024, 0]);
  });

  test('per-sample scaling keeps its precision over the 65,536 elements of an image', async () => {
    const shape: Shape = [1, 64, 64, 16];
    // A third of the elements are in the window, and the terms of the last sum have a mean: its rounding errors would add up.
    const a = [...wave(size(shape), 1.3)].map((value, i) => Math.fround(i % 3 === 0 ? 0.2 * value : 1 + 0.3 * value));
    const probe = [...wave(size(shape), 0.7)].map((value) => Math.fround(1 + value));
    const expected = gradientInBinary64(a, probe);
    expectClose(await gradientOf(tf, quantizeInTraining, a, shape, probe), expected, 3e-7);
  });

  test('NaN in one image makes NaN of its gradient and leaves the others', async () => {
    const a = [0.1, Number.NaN, -0.4, 0.2, -0.3, 0.6];
    const found = await gradientOf(tf, quantizeInTraining, a, [2, 1, 3, 1], [1, 1, 1, 1, 1, 1]);
    expect(found.map(Number.isNaN)).toEqual([true, true, true, false, false, false]);
  });

  test.skipIf(isGpu).each(OPERATIONS)('%s refuses two shapes, and names them', (operation) => {
    const [first, second] = [tf.zeros([2, 3]), tf.zeros([3, 2])];
    const inputs = { x: first, z: second, dy: first, y: second, a: second };
    expect(() => tf.engine().runKernel(operation, inputs)).toThrow(/two tensors of one shape.*\[2,3\].*\[3,2\]/);
    tf.dispose([first, second]);
  });

  test('they leave no tensors behind', async () => {
    const shape: Shape = [2, 4, 4, 3];
    await sumResults(tf, shape);
    const before = tf.memory().numTensors;
    await sumResults(tf, shape);
    await gradientOf(tf, quantizeInTraining, [...wave(96, 1)], shape, [...wave(96, 2)]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('an addon without them runs the composed forms', async () => {
    for (const operation of OPERATIONS)
      if (tf.getKernel(operation, 'tensorflow')) tf.unregisterKernel(operation, 'tensorflow');
    const older = new Proxy(tf, {
      get: (target, key) =>
        key === 'backend' ? () => ({ executeMultipleOutputs: notRegistered }) : target[key as keyof Tf],
    });
    try {
      registerFusedOperations(older);
      expect(hasFusedOperations(tf)).toBe(false);
      const results = () => sumResults(tf, [3, 5, 7, 3]);
      expect(await results()).toEqual(await onCpu(tf, results));
    } finally {
      if (!isGpu) registerFusedOperations(tf);
    }
  });
});

function notRegistered(): never {
  throw new Error("Op type not registered 'SignwaveHardtanhGrad' in binary");
}

const size = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);

/** -0 and 0 are the same number here: a product with 0 keeps the sign, a choice between values doesn't. */
const unsigned = (values: readonly number[]): number[] => values.map((value) => value + 0);

/** hardtanh(x + z) and its gradients, of multiples of 1/8 from -2 to 2: about one in sixteen sums is a tie. */
async function sumResults(tf: Tf, shape: Shape): Promise<Record<string, number[]>> {
  const eighths = (frequency: number): Tensor4D =>
    tf.tensor4d(
      wave(size(shape), frequency).map((value) => Math.round(8 * value) / 8),
      shape,
    );
  const tensors = tf.tidy(() => {
    const [x, z, dy] = [eighths(1.3), eighths(0.9), tf.tensor4d(wave(size(shape), 0.7), shape)];
    const sum = (a: Tensor, b: Tensor): Tensor4D => hardtanhOfSum(tf, a as Tensor4D, b as Tensor4D);
    const [dx, dz] = tf.grads((a, b) => tf.sum(tf.mul(sum(a!, b!), dy)))([x, z]);
    return { y: sum(x, z), dx: dx!, dz: dz! };
  });
  const values: Record<string, number[]> = {};
  for (const [name, tensor] of Object.entries(tensors)) values[name] = unsigned(Array.from(await tensor.data()));
  tf.dispose(tensors);
  return values;
}

/** The formula of per-sample.ts for one image. */
function gradientInBinary64(a: readonly number[], dy: readonly number[]): number[] {
  const mean = a.reduce((sum, value) => sum + value, 0) / a.length;
  const variance = a.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (a.length - 1);
  const r = 1 / Math.sqrt(variance + 1e-5);
  const h = a.map((value, i) => dy[i]! * Math.max(0, 2 - 2 * Math.abs(r * value)) * r);
  const product = h.reduce((sum, value, i) => sum + value * a[i]!, 0);
  return h.map((value, i) => value - ((a[i]! - mean) * r ** 2 * product) / (a.length - 1));
}

/** Relative to the largest value. */
function expectClose(found: readonly number[], expected: readonly number[], tolerance = TOLERANCE): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const error = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  expect(found.every(Number.isFinite)).toBe(true);
  expect(largest).toBeGreaterThan(0);
  expect(error / largest).toBeLessThan(tolerance);
}
