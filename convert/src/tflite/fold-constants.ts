import { RANGES } from './activation.js';
import { Lowering } from './lowering.js';
import type { TfliteModel, TfliteOperator } from './read-tflite.js';
import type { Activation } from './schema.js';
import { Step } from './step.js';

/** Elements that may be computed, over all operators: XNORNet, whose largest filters have 38 million weights, needs 300 million. */
const MAX_FOLDED_ELEMENTS = 2 ** 29;

interface Constant {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

type Fold = (step: Step, operands: readonly Constant[]) => Constant;

const elementwise =
  (of: (value: number) => number): Fold =>
  (_, [x]) => ({ shape: x!.shape, values: x!.values.map(of) });

const clipped = (activation: Exclude<Activation, 'none'>): Fold => {
  const [lo, hi] = RANGES[activation];
  return elementwise((value) => Math.min(Math.max(value, lo), hi));
};

/** Operators that are computed if all they read is constant. Packed signs are +1 and -1 in between. */
const FOLDS: Readonly<Record<string, Fold>> = {
  ABS: elementwise(Math.abs),
  RELU: clipped('relu'),
  RELU6: clipped('relu6'),
  RELU_N1_TO_1: clipped('relu-1..1'),
  LceQuantize: elementwise((value) => (value < 0 ? -1 : 1)),
  LceDequantize: elementwise((value) => value),
  MUL: multiply,
  MEAN: mean,
  TRANSPOSE: transpose,
};

/**
 * Compute what a network makes of constants alone: Larq Compute Engine's converter leaves it to the interpreter where a constant is large, as the
 * filters of XNORNet are.
 *
 * @returns the network without these operators, whose results are constants.
 * @throws {SignwaveError} `E_CHECKPOINT_TENSOR` for NaN or infinity; `E_CHECKPOINT_STRUCTURE` for a result of another shape than the file says;
 *   `E_CHECKPOINT_ARCH` if it is too much.
 */
export function foldConstants(model: TfliteModel): TfliteModel {
  const lowering = new Lowering(model);
  const computed = new Map<number, Constant>();
  const readers = readerCounts(model);
  const folded = new Set<TfliteOperator>();
  let elements = 0;
  for (const operator of model.operators) {
    const [output] = operator.outputs;
    const fold = Object.hasOwn(FOLDS, operator.kind) ? FOLDS[operator.kind] : undefined;
    const areConstant = operator.inputs.every((index) => computed.has(index) || model.tensors[index]?.data);
    if (!fold || !areConstant || output === undefined || operator.inputs.length === 0) continue;
    const step = new Step(lowering, operator);
    step.checkIsFirst();
    const operands = operator.inputs.map((index): Constant => {
      const tensor = model.tensors[index]!;
      // Whole numbers (axes, say) are read by the operator itself.
      const values = tensor.type === 'float32' ? lowering.floats(tensor) : new Float32Array(0);
      return computed.get(index) ?? { shape: tensor.shape, values };
    });
    const floats = fold === multiply ? operands : operands.slice(0, 1);
    if (floats.some(({ shape, values }) => values.length !== sizeOf(shape))) {
      step.refuse('computes with constants that aren’t float32', 'Compute it before you convert');
    }
    elements += operands[0]!.values.length;
    if (elements > MAX_FOLDED_ELEMENTS) step.refuse('computes too much of constants', 'Compute it before you convert');
    const result = fold(step, operands);
    const { shape, type } = model.tensors[output]!;
    if (type === 'float32' && result.shape.join() !== shape.join()) {
      step.damaged(`makes a constant of shape (${result.shape.join(', ')}), the file says (${shape.join(', ')})`);
    }
    computed.set(output, result);
    folded.add(operator);
    for (const index of operator.inputs) {
      readers.set(index, readers.get(index)! - 1);
      // Each of XNORNet's takes 150 MB.
      if (readers.get(index) === 0) computed.delete(index);
    }
  }
  if (folded.size === 0) return model;
  return {
    ...model,
    operators: model.operators.filter((operator) => !folded.has(operator)),
    tensors: model.tensors.map((tensor) => {
      const result = tensor.type === 'float32' ? computed.get(tensor.index) : undefined;
      return result ? { ...tensor, data: new Uint8Array(result.values.buffer) } : tensor;
    }),
  };
}

function readerCounts({ operators }: TfliteModel): Map<number, number> {
  const counts = new Map<number, number>();
  for (const index of operators.flatMap(({ inputs }) => inputs)) counts.set(index, (counts.get(index) ?? 0) + 1);
  return counts;
}

/** The second operand may be repeated along axes where it has one element. */
function multiply(step: Step, operands: readonly Constant[]): Constant {
  const [x, y] = [...operands].sort((a, b) => b.values.length - a.values.length) as [Constant, Constant];
  const sides = [...new Array<number>(Math.max(0, x.shape.length - y.shape.length)).fill(1), ...y.shape];
  if (sides.length !== x.shape.length || sides.some((side, axis) => side !== 1 && side !== x.shape[axis])) {
    step.refuse('multiplies constants whose shapes don’t fit', 'Compute it before you convert');
  }
  const steps = stridesOf(sides).map((stride, axis) => (sides[axis] === 1 ? 0 : stride));
  const values = new Float32Array(x.values.length);
  walk(x.shape, steps, (at, other) => {
    values[at] = x.values[at]! * y.values[other]!;
  });
  return { shape: x.shape, values };
}

/** Sums in the order of the elements, in float32. */
function mean(step: Step, [x]: readonly Constant[]): Constant {
  const { shape } = x!;
  const axes = step.wholeNumbers(1).map((axis) => (axis < 0 ? axis + shape.length : axis));
  const kept = shape.map((side, axis) => (axes.includes(axis) ? 1 : side));
  const steps = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const sums = new Float32Array(sizeOf(kept));
  walk(shape, steps, (at, other) => {
    sums[other]! += x!.values[at]!;
  });
  const count = x!.values.length / sums.length;
  const withoutAxes = shape.filter((_, axis) => !axes.includes(axis));
  return { shape: step.operator.options.keepDims ? kept : withoutAxes, values: sums.map((sum) => sum / count) };
}

function transpose(step: Step, [x]: readonly Constant[]): Constant {
  const { shape, values } = x!;
  const order = step.wholeNumbers(1);
  if ([...order].sort((a, b) => a - b).join() !== [...shape.keys()].join())
    step.damaged(`has the order (${order.join(', ')})`);
  const turned = order.map((axis) => shape[axis]!);
  const strides = stridesOf(turned);
  const result = new Float32Array(values.length);
  walk(
    shape,
    shape.map((_, axis) => strides[order.indexOf(axis)]!),
    (at, other) => {
      result[other] = values[at]!;
    },
  );
  return { shape: turned, values: result };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

const stridesOf = (shape: readonly number[]): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/** Goes through an array in order. @param strides how far another place moves with one step along each axis. */
function walk(shape: readonly number[], strides: readonly number[], visit: (at: number, other: number) => void): void {
  const place = shape.map(() => 0);
  const size = sizeOf(shape);
  let other = 0;
  for (let at = 0; at < size; at++) {
    visit(at, other);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      other += strides[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      other -= strides[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
}
