import { runFused } from '../layers/fused.js';
import { constant } from '../layers/initialisers.js';
import { imageSums } from '../layers/sums.js';
import { sign } from '../quantizers/sign.js';
import { centred, unbiasedVariance } from '../quantizers/standardise.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { Tensor, Tensor4D, Tf } from '../types.js';
import type { Method } from './method.js';
import { oneStage } from './preset.js';
import { fittedRotations, randomRotation, rotated, rotationSides } from './rotation.js';

/** The name under which a back end registers the gradient of activations if it has it in one pass. Inputs: `dy`, `c`, and as `parameters` t. */
export const CENTRED_SIGN_GRADIENT = 'SignwaveCentredSignGrad';

/** How sharp the gradient of the sign is at the start and at the end: 10^-2 and 10^1. */
const EXPONENT = { from: -2, to: 1 } as const;

function sharpness(progress: number): number {
  return 10 ** (EXPONENT.from + (EXPONENT.to - EXPONENT.from) * progress);
}

/**
 * RBNN (Lin, Ji, Xu, Zhang, Wang, Wu, Huang, Lin, NeurIPS 2020), its code (lmbxmu/RBNN, `BinarizeConv2d` in
 * cifar/modules/binarized_modules.py): for each of the O filters
 *
 *   v  = (w - mean w) / deviation of w               n - 1 in the deviation; the gradient goes through
 *   u  = v + |sin theta| (R1^T V R2 - v)             V: v as a matrix; no gradient through the rotated term
 *   wq = sign(u), sign(0) = 0
 *   dL/du = dL/dwq * k max(0, sqrt(2) t - t^2 |u|),  t = 10^-2 ... 10 by progress, k = max(1/t, 1)
 *   dL/dv = dL/du (1 - |sin theta|);   dL/dtheta = cos theta sign(sin theta) * sum of dL/du (R1^T V R2 - v)
 *
 * theta, the parameter `rotate`, starts at pi/2, where both of the last are 0: weights stand still until weight decay has moved theta, so it
 * has to be among what decays. R1 and R2 are buffers, random at first, and fitted to the weights at the start of every epoch: there in the
 * forward pass of its first step, here before that step, which is the same, because weights don't change in between.
 *
 * The output's factor `alpha` starts with the mean |w| of the filter. There the weights are drawn anew after that, for ResNet-20 from a
 * distribution about twice as wide.
 */
const weights: MakeWeightQuantizer = (tf, _, layer) => {
  const { weight, random } = layer;
  const filters = layer.shape[0];
  const [rows, columns] = rotationSides(weight.size / filters);
  const rotate = layer.parameter('rotate', [filters, 1, 1, 1], constant(Math.PI / 2));
  const r1 = layer.buffer('R1', tf.tensor2d(randomRotation(rows, random), [rows, rows]));
  const r2 = layer.buffer('R2', tf.tensor2d(randomRotation(columns, random), [columns, columns]));
  layer.beforeEpoch(async () => {
    const laidOut = tf.tidy(() =>
      tf.reshape(standardised(tf, weight as unknown as Tensor4D), [filters, rows, columns]),
    );
    const fitted = await fittedRotations(tf, laidOut, { r1: r1.get(), r2: r2.get() });
    laidOut.dispose();
    r1.set(fitted.r1);
    r2.set(fitted.r2);
  });
  return (w, { progress }) => {
    const v = standardised(tf, w);
    return turnedSign(tf, v, rotate, rotated(tf, v, r1.get(), r2.get()), sharpness(progress));
  };
};

function standardised(tf: Tf, w: Tensor4D): Tensor4D {
  const deviations = centred(tf, w);
  return tf.div(deviations, tf.sqrt(unbiasedVariance(tf, deviations)));
}

/** sign(u). @param turned the rotated v, off the tape. */
function turnedSign(tf: Tf, v: Tensor4D, theta: Tensor, turned: Tensor, t: number): Tensor4D {
  const k = Math.max(1 / t, 1);
  const operation = tf.customGrad((...args) => {
    const [from, angle, save] = args as unknown as [Tensor4D, Tensor, (tensors: Tensor[]) => void];
    const difference = tf.sub(turned, from);
    const u = tf.add(from, tf.mul(difference, tf.abs(tf.sin(angle)))) as Tensor4D;
    save([u, angle, difference]);
    return {
      value: sign(tf, u),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [at, savedAngle, ofAmount] = saved as [Tensor, Tensor, Tensor];
        const window = tf.relu(tf.sub(k * Math.SQRT2 * t, tf.mul(tf.abs(at), k * t * t)));
        const du = tf.mul(dy, window);
        const sine = tf.sin(savedAngle);
        const slope = tf.mul(tf.cos(savedAngle), sign(tf, sine));
        return [tf.mul(du, tf.sub(1, tf.abs(sine))), tf.mul(slope, tf.sum(tf.mul(du, ofAmount), [1, 2, 3], true))];
      },
    };
  });
  return operation(v, theta) as Tensor4D;
}

/**
 * The same code's activations. With K = C H W elements a of one image, their mean m and deviation s (n - 1), in training and evaluation alike:
 *
 *   c = a - m;   aq = sign(c / s) = sign(c), sign(0) = 0
 *   h = dL/daq * max(0, sqrt(2) t - t^2 |c / s|),  t = max(1, that of the weights)
 *   dL/da = (h - mean of h - c * (sum of h c) / ((K - 1) s^2)) / s
 *
 * The window is t^2/s * max(0, s sqrt(2)/t - |c|). Factors that all terms share are multiplied last, as in `per-sample`.
 */
const activations: MakeActivationQuantizer =
  (tf) =>
  (a, training, { progress }) => {
    const t = Math.max(1, sharpness(progress));
    const images = a.shape[0];
    const elements = a.size / images;
    const perImage = (x: Tensor): Tensor => tf.reshape(imageSums(tf, x), [images, 1, 1, 1]);
    const difference = (x: Tensor4D): Tensor4D => tf.sub(x, tf.div(perImage(x), elements));
    if (!training) return sign(tf, difference(a));
    const operation = tf.customGrad((x, save) => {
      const c = difference(x as Tensor4D);
      (save as (tensors: Tensor[]) => void)([c]);
      return {
        value: sign(tf, c),
        gradFunc: (dy: Tensor, saved: Tensor[]) => {
          const deviations = saved[0]!;
          const fused = runFused(tf, CENTRED_SIGN_GRADIENT, { dy, c: deviations, parameters: [t] });
          if (fused) return fused;
          const variance = tf.div(perImage(tf.square(deviations)), elements - 1);
          const width = tf.mul(tf.sqrt(variance), Math.SQRT2 / t);
          const h = tf.mul(dy, tf.relu(tf.sub(width, tf.abs(deviations))));
          const throughDeviation = tf.div(perImage(tf.mul(h, deviations)), tf.mul(variance, elements - 1));
          const shared = tf.add(tf.mul(deviations, throughDeviation), tf.div(perImage(h), elements));
          return tf.mul(tf.sub(h, shared), tf.div(t * t, variance));
        },
      };
    });
    return operation(a) as Tensor4D;
  };

/** ResNet-20's batch norms start at almost 0, those of its other networks for CIFAR at 1. */
export const rbnn: Method = {
  title: 'RBNN (Lin et al., NeurIPS 2020)',
  evidence: 'code',
  source: 'github.com/lmbxmu/RBNN at 0b5e73b',
  weights,
  activations,
  scale: 'mean-abs',
  style: ({ family }) => {
    if (family === 'resnet20') return { skips: 'block', shortcut: 'slice-pad', normScale: 1e-8 };
    return family === 'resnet18' ? { shortcut: 'binary-conv' } : {};
  },
  // Its code has the schedule that BiPer's was made from.
  preset: ({ family }) =>
    family === 'imagenet-resnet'
      ? oneStage(512, { epochs: 150, learningRate: 0.1, weightDecay: 1e-4 })
      : oneStage(256, {
          epochs: 1000,
          learningRate: 0.1,
          weightDecay: 1e-4,
          schedule: { type: 'biper-code' },
          warmUpEpochs: 5,
        }),
};
