import { hardtanh, hardtanhOfSum } from '../layers/hardtanh.js';
import { applyPrelu } from '../layers/prelu.js';
import { METHODS, type MethodName } from '../methods/index.js';
import { perSampleScaled } from '../quantizers/per-sample.js';
import { softStep } from '../quantizers/soft-step.js';
import { approximatedSign } from '../quantizers/square-wave.js';
import { triangleEstimator } from '../quantizers/triangle.js';
import type { BinaryLayerState } from '../quantizers/types.js';
import type { Tensor, Tensor2D, Tensor4D, Tf, Variable } from '../types.js';

type Shape = readonly [number, number, number, number];

/** A function of a map and perhaps more, all of which get gradients. */
interface Probe {
  readonly inputs: (tf: Tf, shape: Shape) => readonly Tensor[];
  readonly run: (tf: Tf, inputs: readonly Tensor[]) => Tensor;
}

const map = (tf: Tf, shape: Shape): Tensor => tf.tensor(wave(shape, 1.1), [...shape]);

/** How far training has come, in probes of what changes on the way. */
const PHASE = { stage: '1', progress: 0.4 } as const;

function activationsOf(name: MethodName): Probe {
  return {
    inputs: (tf, shape) => [map(tf, shape)],
    // These quantizers declare nothing in their layer.
    run: (tf, [x]) =>
      METHODS[name].activations(tf, { omega0: 1, options: {} }, {} as BinaryLayerState)(x as Tensor4D, true, PHASE),
  };
}

const prelu = (slopes: (shape: Shape) => number): Probe => ({
  inputs: (tf, shape) => [map(tf, shape), tf.tensor1d(Array.from({ length: slopes(shape) }, (_, c) => 0.25 - c / 64))],
  run: (tf, [x, slope]) => applyPrelu(tf, x as Tensor4D, slope!),
});

const ofMap = (make: (tf: Tf, x: Tensor4D) => Tensor): Probe => ({
  inputs: (tf, shape) => [map(tf, shape)],
  run: (tf, [x]) => make(tf, x as Tensor4D),
});

/** Every operation that a back end may have in one pass, by what a message calls it. */
export const ACTIVATION_PROBES: Readonly<Record<string, Probe>> = {
  hardtanh: ofMap((tf, x) => hardtanh(tf, x)),
  'hardtanh of a sum': {
    inputs: (tf, shape) => [map(tf, shape), tf.tensor(wave(shape, 0.6), [...shape])],
    run: (tf, [x, z]) => hardtanhOfSum(tf, x as Tensor4D, z as Tensor4D),
  },
  triangle: ofMap((tf, x) => triangleEstimator(tf, (a) => tf.sign(a))(x)),
  'per-sample scaling': ofMap((tf, x) => perSampleScaled(tf)(x, true)),
  'activations of rbnn': activationsOf('rbnn'),
  'activations of ir-net': activationsOf('ir-net'),
  'activations of reste': activationsOf('reste'),
  'sign of fda': {
    inputs: (tf, shape) => {
      const channels = shape[3];
      const inside = Math.ceil(channels / 4);
      const weights = (rows: number, columns: number): Tensor => tf.tensor(wave([rows, columns], 0.9), [rows, columns]);
      return [map(tf, shape), weights(channels, inside), weights(inside, channels)];
    },
    run: (tf, [x, first, second]) => approximatedSign(tf, [first as Tensor2D, second as Tensor2D])(x!, PHASE.progress),
  },
  'one-slope PReLU': prelu(() => 1),
  PReLU: prelu((shape) => shape[3]),
  'step of dsq': {
    inputs: (tf, shape) => [map(tf, shape), tf.scalar(0.2)],
    run: (tf, [x, alpha]) => softStep(tf, x as Tensor4D, { lower: -1, upper: 1, alpha: alpha as Variable }),
  },
  'step of dsq with learned levels': {
    inputs: (tf, shape) => [map(tf, shape), tf.scalar(0.2), tf.scalar(-0.6), tf.scalar(0.7)],
    run: (tf, [x, alpha, lower, upper]) =>
      softStep(tf, x as Tensor4D, {
        lower: lower as Variable,
        upper: upper as Variable,
        alpha: alpha as Variable,
      }),
  },
};

/** The value of each probe and its gradients, for inputs that are the same everywhere. The caller disposes of them. */
export function runActivationProbes(tf: Tf, shape: Shape): Record<string, Tensor> {
  return tf.tidy(() => {
    const dy = tf.tensor(wave(shape, 1.7), [...shape]);
    const results: Record<string, Tensor> = {};
    for (const [name, { inputs, run }] of Object.entries(ACTIVATION_PROBES)) {
      const at = [...inputs(tf, shape)];
      results[name] = run(tf, at);
      const gradients = tf.grads((...args) => run(tf, args))(at, dy);
      for (const [i, gradient] of gradients.entries()) results[`gradient ${i + 1} of ${name}`] = gradient;
    }
    return results;
  });
}

/** Values in [-1.5, 1.5]. */
function wave(shape: readonly number[], frequency: number): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  return Float32Array.from({ length: size }, (_, i) => 1.5 * Math.sin(frequency * i * i + i));
}
