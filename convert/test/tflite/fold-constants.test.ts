import { describe, expect, test } from 'vitest';
import { foldConstants } from '../../src/tflite/fold-constants.js';
import { floatsOf } from '../../src/tflite/lowering.js';
import type { TfliteModel, TfliteOperator, TfliteTensor } from '../../src/tflite/read-tflite.js';

type Made = readonly [kind: string, inputs: readonly number[], shape: readonly number[], type?: string];

/** A file whose first tensors are constants, followed by what operators make, a tensor each. */
function fileOf(
  constants: readonly (readonly [readonly number[], Float32Array | Int32Array])[],
  made: readonly Made[],
): TfliteModel {
  const tensors: TfliteTensor[] = constants.map(([shape, values], index) => ({
    index,
    name: '',
    shape,
    type: values instanceof Float32Array ? 'float32' : 'int32',
    isQuantized: false,
    data: new Uint8Array(values.buffer),
  }));
  const operators = made.map(([kind, inputs, shape, type = 'float32'], index): TfliteOperator => {
    const output = tensors.push({ index: tensors.length, name: '', shape, type, isQuantized: false }) - 1;
    return { index, kind, inputs, outputs: [output], options: { keepDims: true }, customOptions: new Map() };
  });
  return { sourceName: 'made.tflite', description: '', tensors, operators, inputs: [], outputs: [] };
}

/** (kh, kw, I, O) of two filters, as larq has them. */
const WEIGHTS = Float32Array.of(0.5, -2, -0.25, 0.125, -0, 3, 0.75, -0.5);
const SHAPE = [2, 2, 1, 2];
const AXES = Int32Array.of(0, 1, 2);
const ORDER = Int32Array.of(3, 0, 1, 2);
/** What XNORNet makes of its weights: clipped, their signs times the mean magnitude of each filter, filters first. */
const XNOR: readonly Made[] = [
  ['RELU_N1_TO_1', [0], SHAPE],
  ['ABS', [3], SHAPE],
  ['MEAN', [4, 1], [1, 1, 1, 2]],
  ['LceQuantize', [3], [2, 2, 1, 1], 'int32'],
  ['LceDequantize', [6], SHAPE],
  ['MUL', [7, 5], SHAPE],
  ['TRANSPOSE', [8, 2], [2, 2, 2, 1]],
  ['CONV_2D', [9, 9], SHAPE],
];
const constants = [
  [SHAPE, WEIGHTS],
  [[3], AXES],
  [[4], ORDER],
] as const;

describe('what a network makes of constants alone', () => {
  test('is computed: XNORNet’s scaled signs', () => {
    const { operators, tensors } = foldConstants(fileOf(constants, XNOR));
    expect(operators.map(({ kind }) => kind)).toEqual(['CONV_2D']);
    const [a, b] = [(0.5 + 0.25 + 0 + 0.75) / 4, (1 + 0.125 + 1 + 0.5) / 4];
    // -0 counts as +1, as in larq.
    expect([...floatsOf(tensors[9]!.data!)]).toEqual([a, -a, a, a, -b, b, b, -b]);
  });

  test('is not kept where nothing else reads it', () => {
    const { tensors } = foldConstants(fileOf(constants, XNOR));
    expect(tensors.flatMap(({ data, index }) => (data ? [index] : []))).toEqual([0, 1, 2, 9]);
  });

  test('stays as it is in a network without such operators', () => {
    const file = fileOf(constants, XNOR.slice(-1));
    expect(foldConstants(file)).toBe(file);
  });

  test.each<readonly [string, Made, string, RegExp]>([
    [
      'of another shape than the file says',
      ['ABS', [0], [2, 2, 2, 1]],
      'E_CHECKPOINT_STRUCTURE',
      /shape \(2, 2, 1, 2\), the file says \(2, 2, 2, 1\)/,
    ],
    ['in an order that is none', ['TRANSPOSE', [0, 1], SHAPE], 'E_CHECKPOINT_STRUCTURE', /has the order \(0, 1, 2\)/],
    ['of whole numbers', ['ABS', [1], [3]], 'E_CHECKPOINT_ARCH', /constants that aren’t float32/],
    ['of shapes that don’t fit', ['MUL', [0, 3], SHAPE], 'E_CHECKPOINT_ARCH', /shapes don’t fit/],
    ['of infinity', ['ABS', [4], [1]], 'E_CHECKPOINT_TENSOR', /holds Infinity/],
  ])('is refused %s', (_, operator, code, message) => {
    const more = [...constants, [[3], Float32Array.of(1, 2, 3)], [[1], Float32Array.of(Infinity)]] as const;
    expect(() => foldConstants(fileOf(more, [operator]))).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});
