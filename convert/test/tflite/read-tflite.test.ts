import { readFileSync } from 'node:fs';
import { bytesSource } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { describeTflite } from '../../src/tflite/describe-tflite.js';
import { lowerTflite } from '../../src/tflite/lower-tflite.js';
import { readTflite, type TfliteModel, type TfliteOperator } from '../../src/tflite/read-tflite.js';

const FILE = new Uint8Array(
  readFileSync(new URL('../../../test/cases/checkpoints/larq/small/signs_first/model.tflite', import.meta.url)),
);
const read = (bytes: Uint8Array): Promise<TfliteModel> => readTflite(bytesSource(bytes, 'signs.tflite'));
const original = await read(FILE);

/** The network with one operator changed. */
function withOperator(index: number, change: Partial<TfliteOperator>): TfliteModel {
  const operators = original.operators.map((it) => (it.index === index ? { ...it, ...change } : it));
  return { ...original, operators };
}

describe('a TensorFlow Lite file', () => {
  test('gives its tensors, its operators in order and their options', () => {
    expect(original.operators.map(({ kind }) => kind)).toEqual(['LceQuantize', 'LceBconv2d', 'LceBconv2d']);
    expect(original.tensors[original.inputs[0]!]).toMatchObject({ shape: [1, 16, 16, 3], type: 'float32' });
    expect(Object.fromEntries(original.operators[1]!.customOptions)).toEqual({
      channels_in: 3,
      dilation_height_factor: 1,
      dilation_width_factor: 1,
      fused_activation_function: 0,
      pad_values: 1,
      padding: 0,
      stride_height: 1,
      stride_width: 1,
    });
  });

  test('whose first offset leads to itself or outside is refused', async () => {
    for (const offset of [0, 0xffff_fff0, FILE.length]) {
      const bytes = FILE.slice();
      new DataView(bytes.buffer).setUint32(0, offset, true);
      await expect(read(bytes)).rejects.toMatchObject({ code: 'E_CHECKPOINT_STRUCTURE' });
    }
  });

  test('of another schema is refused, with its number', async () => {
    const bytes = FILE.slice();
    bytes.set(new TextEncoder().encode('TFL2'), 4);
    await expect(read(bytes)).rejects.toThrow(/no TensorFlow Lite model/);
  });
});

describe('an operator', () => {
  test('that reads what comes later is refused, with both names', () => {
    const [first, second] = original.operators;
    expect(() => lowerTflite({ ...original, operators: [second!, first!] })).toThrow(
      /operator 1 \(LceBconv2d.*reads tensor 6.*no operator before it makes/,
    );
  });

  test('that lacks an option is refused, with the option', () => {
    const customOptions = new Map(original.operators[1]!.customOptions);
    customOptions.delete('pad_values');
    expect(() => lowerTflite(withOperator(1, { customOptions }))).toThrow(/lacks the option pad_values/);
  });

  test('whose channels aren’t those of its map is refused', () => {
    const customOptions = new Map([...original.operators[1]!.customOptions, ['channels_in', 5]]);
    expect(() => lowerTflite(withOperator(1, { customOptions }))).toThrow(/takes 5 channels, but its operand has 3/);
  });

  test('that makes a map of another shape than the file says is refused, with both', () => {
    const customOptions = new Map([...original.operators[1]!.customOptions, ['stride_width', 2]]);
    expect(() => lowerTflite(withOperator(1, { customOptions }))).toThrow(
      /makes a map \(16, 8, 1\), but tensor 7.* has the shape \(1, 16, 16, 1\)/,
    );
  });

  test('with an infinite scale is refused, with the tensor', () => {
    const index = original.operators[2]!.inputs[2]!;
    const data = new Uint8Array(Float32Array.of(1, 1, 1, Number.POSITIVE_INFINITY, 1, 1, 1, 1).buffer);
    const tensors = original.tensors.map((it) => (it.index === index ? { ...it, data } : it));
    expect(() => lowerTflite({ ...original, tensors })).toThrow(/holds Infinity at element 3, expected finite numbers/);
  });

  test('of a name that every object has is refused like any other', () => {
    expect(() => lowerTflite(withOperator(2, { kind: 'constructor' }))).toThrow(/operator 2 \(constructor/);
  });

  test('that can’t be converted leaves those behind it unchecked, not wrong', () => {
    const { layers } = describeTflite(withOperator(1, { kind: 'LceNew' }));
    expect(layers.map(({ problem, isUnchecked }) => [problem !== undefined, isUnchecked ?? false])).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ]);
  });
});

test('a network without a binary operator is refused: it is no network of Larq Compute Engine', () => {
  expect(() => lowerTflite({ ...original, operators: [] })).toThrow(/without a binary operator/);
});
