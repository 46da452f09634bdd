import { runFused, runFusedWithSums } from '../layers/fused.js';
import { gradientOfRelu } from '../layers/relu-gradient.js';
import type { Tensor, Tensor2D, Tf } from '../types.js';
import { sign } from './sign.js';
import { within } from './window.js';

/**
 * The name under which a back end registers y below if it has it in one pass. Inputs: `x`, whose last axis has the rows, and as `parameters`
 * a, 0.1 a, w0, 2 (n + 1), W1 and W2, row by row.
 */
export const NOISY_SIGN = 'SignwaveNoisySign';
/** The same for its gradients. Inputs: `dy`, `x` and the same `parameters`; outputs: dL/dt, and the gradients of W1 and W2 in one vector. */
export const NOISY_SIGN_GRADIENT = 'SignwaveNoisySignGrad';

/** The square wave's frequency. Its half period, 31, is far beyond the window. */
const FREQUENCY = 0.1;
const WINDOW = 1;
/** Number of terms at the start, less one, and how many are added until the end. */
const TERMS = 9;
const MORE_TERMS = 9;
/** Share of the noise module at the start, and of the sine within it. */
const NOISE = 0.1;
const SINE = 0.1;

/** W1 (d, inside) and W2 (inside, d). */
export type NoiseModule = readonly [first: Tensor2D, second: Tensor2D];

/** What changes in the course of training. */
interface Moment {
  /** a, of the noise module. */
  readonly share: number;
  /** n + 1. */
  readonly terms: number;
}

/**
 * FDA's stand-in for sign(t) in training, for rows t of d numbers (methods/fda.ts):
 *
 *   y = sign(t) + a e(t),  e(t) = relu(t W1) W2 + 0.1 sin t,  a = 0.1 (1 + cos(pi progress)) / 2
 *   d sign(t)/dt = (4 w0 / pi) * sum over i = 0..n of cos((2i + 1) w0 t) where |t| <= 1, else 0
 *
 * @returns y for a tensor of rows, in its shape, which has gradients with respect to t, W1 and W2.
 */
export function approximatedSign(tf: Tf, noise: NoiseModule): <T extends Tensor>(t: T, progress: number) => T {
  const [size] = noise[0].shape;
  return <T extends Tensor>(t: T, progress: number): T => {
    const share = (NOISE * (1 + Math.cos(Math.PI * progress))) / 2;
    const moment: Moment = { share, terms: TERMS + Math.floor(MORE_TERMS * progress) + 1 };
    if (!tf.getKernel(NOISY_SIGN, tf.getBackend())) {
      const rows = tf.reshape(t, [-1, size]);
      return tf.reshape(tf.customGrad((...args) => composed(tf, args, moment))(rows, ...noise), t.shape) as T;
    }
    // Such a back end divides its work by the first axis. Pixels stay in their image; filters, which are few, become one.
    const rows = t.shape.at(-1) === size ? t : tf.reshape(t, [1, -1, size]);
    return tf.reshape(tf.customGrad((...args) => fused(tf, args, moment))(rows, ...noise), t.shape) as T;
  };
}

/** What `customGrad` gives and takes. */
type Arguments = readonly unknown[];
interface Differentiable {
  readonly value: Tensor;
  readonly gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor[];
}

function fused(tf: Tf, args: Arguments, { share, terms }: Moment): Differentiable {
  const [x, first, second, save] = args as [Tensor, Tensor2D, Tensor2D, (tensors: Tensor[]) => void];
  const numbers = tf.tensor1d([share, share * SINE, FREQUENCY, 2 * terms]);
  const allParameters = tf.concat([numbers, tf.reshape(first, [-1]), tf.reshape(second, [-1])]);
  save([x, allParameters]);
  return {
    value: runFused(tf, NOISY_SIGN, { x, parameters: allParameters })!,
    gradFunc: (dy, [at, parameters]) => {
      const [dx, ofNoise] = runFusedWithSums(tf, NOISY_SIGN_GRADIENT, { dy, x: at!, parameters: parameters! })!;
      const [ofFirst, ofSecond] = tf.split(ofNoise, 2);
      return [dx, tf.reshape(ofFirst!, first.shape), tf.reshape(ofSecond!, second.shape)];
    },
  };
}

function composed(tf: Tf, args: Arguments, { share, terms }: Moment): Differentiable {
  const [x, first, second, save] = args as [Tensor2D, Tensor2D, Tensor2D, (tensors: Tensor[]) => void];
  const hidden = tf.relu(tf.matMul(x, first)) as Tensor2D;
  save([x, first, second, hidden]);
  const learned = tf.matMul(hidden, tf.mul(second, share) as Tensor2D);
  return {
    value: tf.add(sign(tf, x), tf.add(learned, tf.mul(tf.sin(x), share * SINE))),
    gradFunc: (dy, saved) => {
      const g = dy as Tensor2D;
      const [rows, w1, w2, inside] = saved as [Tensor2D, Tensor2D, Tensor2D, Tensor2D];
      const ofInside = gradientOfRelu(tf, tf.mul(tf.matMul(g, w2, false, true), share), inside) as Tensor2D;
      const slope = tf.add(squareWaveSlope(tf, rows, terms), tf.mul(tf.cos(rows), share * SINE));
      const ofRows = tf.add(tf.mul(g, slope), tf.matMul(ofInside, w1, false, true));
      return [ofRows, tf.matMul(rows, ofInside, true), tf.mul(tf.matMul(inside, g, true), share)];
    },
  };
}

/** Below this the closed form is as good as its limit, and not 0/0. */
const NEAR_ZERO = 1e-5;

/**
 * (4 w0 / pi) times the sum over i < terms of cos((2i + 1) w0 t), which is sin(2 terms u) / (2 sin u) for u = w0 t; 0 beyond the window.
 */
function squareWaveSlope(tf: Tf, t: Tensor2D, terms: number): Tensor {
  const u = tf.maximum(tf.mul(tf.abs(t), FREQUENCY), NEAR_ZERO);
  const doubled = tf.div(tf.sin(tf.mul(u, 2 * terms)), tf.sin(u));
  return tf.mul(tf.mul(doubled, (2 * FREQUENCY) / Math.PI), within(tf, t, WINDOW));
}
