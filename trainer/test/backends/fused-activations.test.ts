import { expect, test } from 'vitest';
import { FUSED_OPERATIONS } from '../../src/backends/tensorflow-fused.js';
import { ACTIVATION_PROBES, runActivationProbes } from '../../src/setup/activation-probes.js';
import type { Tensor, Tf } from '../../src/types.js';
import { describeWithBackend } from './describe-with-backend.js';
import { onCpu } from './on-cpu.js';

type Shape = [number, number, number, number];

/** A few elements to several images for each thread, whole vectors and not, more than one chunk of sums. */
const SHAPES: readonly Shape[] = [
  [2, 1, 1, 3],
  [3, 5, 7, 3],
  [5, 8, 8, 16],
  [37, 4, 4, 8],
  [6, 32, 32, 16],
];
/** Of the largest value in a map. */
const TOLERANCE = 3e-6;
/** The same for gradients of parameters, sums over the whole map whose terms mostly cancel: of both sides' float32, in different orders. */
const SUM_TOLERANCE = 5e-5;

/** Where a gradient jumps or a level changes, both neighbours in float32, and zeros; TensorFlow takes subnormal numbers for 0. */
const EDGES = [0.1, 1, 1.5, 0.05, Math.SQRT2].flatMap((edge) => neighbours(edge));
const SPECIAL = [...EDGES, ...EDGES.map((x) => -x), 0, -0, 1e-37, -1e-37, 1e-20, 1e-5, 3, -7.25, 40, -2000];

await describeWithBackend('tensorflow', ({ tf, isGpu }) => {
  test.skipIf(isGpu)('the probes run every operation of fused-ops.cc', async () => {
    const { kernelNames } = await tf.profile(() => tf.dispose(runActivationProbes(tf, [2, 2, 2, 4])));
    expect(kernelNames).toEqual(expect.arrayContaining(Object.keys(FUSED_OPERATIONS)));
  });

  test.each(SHAPES)('all have the values and gradients of cpu: %i x %i x %i x %i', async (...shape) => {
    const found = await probeResults(tf, shape);
    expectSame(found, await onCpu(tf, () => probeResults(tf, shape)));
  });

  test('all give the same bits again, whichever thread does what', async () => {
    const shape: Shape = [37, 16, 16, 16];
    expect(await probeResults(tf, shape)).toEqual(await probeResults(tf, shape));
  });

  test.each(Object.keys(ACTIVATION_PROBES))('%s is that of cpu at edges, at zeros and far out', async (name) => {
    const run = () => resultsAt(tf, name, SPECIAL, [2, SPECIAL.length / 2, 1, 1]);
    expectSame(await run(), await onCpu(tf, run));
  });

  test.each(Object.keys(ACTIVATION_PROBES))('%s keeps NaN in its image', async (name) => {
    const { value } = await resultsAt(tf, name, [0.1, Number.NaN, -0.4, 0.2, -0.3, 0.6], [2, 3, 1, 1]);
    expect(value!.slice(3).every(Number.isFinite)).toBe(true);
    // A step between two levels, and PReLU's max and min on cpu, are what they are.
    if (!/dsq/.test(name)) expect(value![1]).toBeNaN();
  });

  test.skipIf(isGpu).each(Object.entries(FUSED_OPERATIONS))(
    '%s refuses other parameters',
    (operation, { parameters }) => {
      if (parameters === undefined) return;
      const [map, wrong] = [tf.zeros([2, 1, 3]), tf.zeros([parameters + 7])];
      expect(() => tf.engine().runKernel(operation, { x: map, dy: map, c: map, parameters: wrong })).toThrow(
        new RegExp(`got ${parameters + 7} parameters for a map of \\[2,1,3\\]`),
      );
      tf.dispose([map, wrong]);
    },
  );

  test('they leave no tensors behind', () => {
    const before = tf.memory().numTensors;
    tf.dispose(runActivationProbes(tf, [2, 4, 4, 8]));
    expect(tf.memory().numTensors).toBe(before);
  });
});

function neighbours(x: number): number[] {
  const bits = new Uint32Array(Float32Array.of(x).buffer)[0]!;
  return [...new Float32Array(Uint32Array.of(bits - 1, bits, bits + 1).buffer)];
}

async function probeResults(tf: Tf, shape: Shape): Promise<Record<string, Float32Array>> {
  return valuesOf(tf, runActivationProbes(tf, shape));
}

/** A probe's value and gradients for x in place of its own map. */
async function resultsAt(
  tf: Tf,
  name: string,
  x: readonly number[],
  shape: Shape,
): Promise<Record<string, Float32Array>> {
  const { inputs, run } = ACTIVATION_PROBES[name]!;
  const results = tf.tidy(() => {
    const at = [tf.tensor4d([...x], shape), ...inputs(tf, shape).slice(1)];
    const dy = tf.tensor4d(
      x.map((_, i) => 1 + Math.cos(i) / 2),
      shape,
    );
    const gradients = tf.grads((...args) => run(tf, args))(at, dy);
    return {
      value: run(tf, at),
      ...Object.fromEntries(gradients.map((gradient, i) => [`gradient ${i + 1}`, gradient])),
    };
  });
  return valuesOf(tf, results);
}

async function valuesOf(tf: Tf, tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, Float32Array>> {
  const values: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(tensors)) values[name] = (await tensor.data()) as Float32Array;
  tf.dispose(Object.values(tensors));
  return values;
}

function expectSame(
  found: Readonly<Record<string, Float32Array>>,
  expected: Readonly<Record<string, Float32Array>>,
): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = values.reduce((most, value, i) => Math.max(most, Math.abs(value - found[name]![i]!)), 0);
    expect(found[name]!.every(Number.isFinite), name).toBe(true);
    expect(error, name).toBeLessThanOrEqual(largest * (/gradient [2-9]/.test(name) ? SUM_TOLERANCE : TOLERANCE));
  }
}
