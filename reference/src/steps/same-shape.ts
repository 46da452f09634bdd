import type { SameShapeNode } from '@signwave/format';
import { add } from '../ops/add.js';
import { affine } from '../ops/affine.js';
import { borderBias } from '../ops/border-bias.js';
import { clip } from '../ops/clip.js';
import { multiply, scale } from '../ops/multiply.js';
import { prelu } from '../ops/prelu.js';
import { sampleMean } from '../ops/sample-mean.js';
import { sigmoid } from '../ops/sigmoid.js';
import { sign } from '../ops/sign.js';
import { softmax } from '../ops/softmax.js';
import { type StepMakers, tensorOf, valuesOf } from './step.js';

/** Operations whose outputs have the shape of their operand. What takes a few lines may stand here, below the table; the rest is in ops/. */
export const SAME_SHAPE: StepMakers<SameShapeNode> = {
  sign: ({ threshold, zeroRule }, around) => {
    const thresholds = threshold === undefined ? new Float32Array(around.output.channels) : valuesOf(around, threshold);
    return (x) => sign(x, thresholds, zeroRule);
  },
  affine: (node, around) => {
    const coefficients = valuesOf(around, node.coefficients);
    return (x) => affine(x, coefficients);
  },
  prelu: (node, around) => {
    const slopes = valuesOf(around, node.slopes);
    return (x) => prelu(x, slopes);
  },
  borderBias: (node, around) => {
    const { shape } = tensorOf(around, node.bias);
    const bias = valuesOf(around, node.bias);
    return (x) => borderBias(x, bias, shape, node);
  },
  add: () => (x1, x2) => add(x1, x2!),
  clip:
    ({ lo, hi }) =>
    (x) =>
      clip(x, lo, hi),
  softmax:
    ({ log }) =>
    (x) =>
      softmax(x, log),
  sampleMean: () => sampleMean,
  scale: () => (x1, x2) => scale(x1, x2!),
  multiply: () => (x1, x2) => multiply(x1, x2!),
  sigmoid: () => sigmoid,
};
