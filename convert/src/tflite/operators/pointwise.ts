import type { MapShape, Value } from '@signwave/format';
import { activated, RANGES } from '../activation.js';
import type { Activation } from '../schema.js';
import type { Step } from '../step.js';

/** Constants of a binary operator may be its first operand or its second. */
function constantOperand(step: Step): { readonly map: number; readonly constant: number } | undefined {
  if (step.isConstant(1)) return { map: 0, constant: 1 };
  if (step.isConstant(0)) return { map: 1, constant: 0 };
  return undefined;
}

/** A product with constants waits for an addition of constants: both are one `affine`, which rounds as the two do. */
export function multiply(step: Step): void {
  const operands = constantOperand(step);
  if (!operands) {
    multiplyMaps(step);
    return;
  }
  const source = step.map(operands.map);
  const factors = step.perChannel(operands.constant, step.g.shapeOf(source).channels);
  const { activation } = step.operator.options;
  if (activation === 'none') step.result({ kind: 'scaled', source, factors });
  else step.resultMap(activated(step, step.g.affine(source, factors), activation));
}

/** Two maps of one shape, or a map and a vector, such as a gate for each channel that the network computes. */
function multiplyMaps(step: Step): void {
  const [x, y] = [step.map(0), step.map(1)];
  const [a, b] = [step.g.shapeOf(x), step.g.shapeOf(y)];
  let product: Value;
  if (isSameShape(a, b)) product = step.g.multiply(x, y);
  else if (a.channels === b.channels && isVector(b)) product = step.g.scale(x, y);
  else if (a.channels === b.channels && isVector(a)) product = step.g.scale(y, x);
  else {
    step.refuse(
      'multiplies maps of different shapes',
      'Multiply maps of one shape, or a map by one number for each channel',
    );
  }
  step.resultMap(activated(step, product, step.operator.options.activation));
}

const isVector = ({ height, width }: MapShape): boolean => height * width === 1;
const isSameShape = (a: MapShape, b: MapShape): boolean =>
  a.height === b.height && a.width === b.width && a.channels === b.channels;

export function sigmoid(step: Step): void {
  step.resultMap(step.g.sigmoid(step.map(0)));
}

export function add(step: Step): void {
  const operands = constantOperand(step);
  const { activation } = step.operator.options;
  if (operands) step.resultMap(activated(step, withConstants(step, operands, 1), activation));
  else step.resultMap(activated(step, step.g.add(step.map(0), sameShape(step)), activation));
}

export function subtract(step: Step): void {
  if (!step.isConstant(1))
    step.refuse('subtracts something other than constants', 'Subtract a constant for each channel');
  const { activation } = step.operator.options;
  step.resultMap(activated(step, withConstants(step, { map: 0, constant: 1 }, -1), activation));
}

function withConstants(step: Step, operands: { readonly map: number; readonly constant: number }, sign: 1 | -1): Value {
  const lowered = step.lowered(operands.map);
  const source = lowered.kind === 'scaled' ? lowered.source : step.map(operands.map);
  const { channels } = step.g.shapeOf(source);
  const factors = lowered.kind === 'scaled' ? lowered.factors : new Float32Array(channels).fill(1);
  return step.g.affine(
    source,
    factors,
    step.perChannel(operands.constant, channels).map((value) => sign * value),
  );
}

/** TensorFlow repeats the smaller of two maps; only maps of one shape can be added here. */
function sameShape(step: Step): Value {
  const [x, y] = [step.map(0), step.map(1)];
  const [a, b] = [step.g.shapeOf(x), step.g.shapeOf(y)];
  if (!isSameShape(a, b)) step.refuse('adds maps of different shapes', 'Add maps of one shape');
  return y;
}

export function clip(activation: Activation): (step: Step) => void {
  return (step) => step.resultMap(step.g.clip(step.map(0), ...RANGES[activation]));
}

export function prelu(step: Step): void {
  const x = step.map(0);
  step.resultMap(step.g.prelu(x, step.perChannel(1, step.g.shapeOf(x).channels)));
}

export function leakyRelu(step: Step): void {
  const x = step.map(0);
  const { alpha = 0 } = step.operator.options;
  if (!Number.isFinite(alpha)) step.damaged(`has the slope ${alpha}`);
  step.resultMap(step.g.prelu(x, new Float32Array(step.g.shapeOf(x).channels).fill(alpha)));
}

/** The classifier's output: logits say the same, and what runs a model turns them into probabilities itself. */
export function softmax(step: Step): void {
  const x = step.map(0);
  const isOutput = step.model.outputs.includes(step.operator.outputs[0] ?? -1);
  if (step.operator.options.beta !== 1) step.refuse(`has the factor ${step.operator.options.beta}, expected 1`);
  step.resultMap(isOutput ? x : step.g.softmax(x));
}
