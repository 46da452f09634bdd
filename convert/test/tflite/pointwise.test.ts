import type { GraphNode as Node } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { lowerOperator, startLowering } from '../../src/tflite/lower-tflite.js';
import type { TfliteOperator, TfliteTensor } from '../../src/tflite/read-tflite.js';
import type { Activation } from '../../src/tflite/schema.js';

/** Options of a pool over all of the map that the tests take. */
const WHOLE = { window: { height: 4, width: 6 }, stride: { height: 1, width: 1 }, padding: 'valid' } as const;

interface Operator {
  readonly kind: string;
  readonly inputs: readonly number[];
  readonly activation?: Activation;
}

/** The nodes of operators. The first shape is the input's, the others are of what the operators make, in this order. */
function nodesOf(shapes: readonly (readonly number[])[], made: readonly Operator[]): readonly Node[] {
  const tensors = shapes.map(
    (shape, index): TfliteTensor => ({ index, name: '', shape, type: 'float32', isQuantized: false }),
  );
  const operators = made.map(
    ({ activation = 'none', ...operator }, index): TfliteOperator => ({
      ...operator,
      index,
      outputs: [index + 1],
      options: { activation, axis: 3, ...WHOLE },
      customOptions: new Map(),
    }),
  );
  const model = { sourceName: 'made.tflite', description: '', tensors, operators, inputs: [0], outputs: [made.length] };
  const lowering = startLowering(model);
  for (const operator of operators) lowerOperator(lowering, operator);
  return lowering.g.build().nodes.slice(1);
}

const MAP = [1, 4, 6, 8];

describe('a product of two maps', () => {
  const logistic = { kind: 'LOGISTIC', inputs: [0] };
  const pool = { kind: 'AVERAGE_POOL_2D', inputs: [0] };

  test('of one shape is taken number by number, such as x sigmoid(x)', () => {
    expect(nodesOf([MAP, MAP, MAP], [logistic, { kind: 'MUL', inputs: [0, 1] }])).toMatchObject([
      { op: 'sigmoid', inputs: [0] },
      { op: 'multiply', inputs: [0, 1] },
    ]);
  });

  test.each([[[0, 1]], [[1, 0]]])('of which one is a vector scales channels, whichever of %j it is', (inputs) => {
    expect(nodesOf([MAP, [1, 1, 1, 8], MAP], [pool, { kind: 'MUL', inputs }])).toMatchObject([
      { op: 'globalAvgPool' },
      { op: 'scale', inputs: [0, 1] },
    ]);
  });

  test('is clipped where the operator has an activation inside', () => {
    expect(nodesOf([MAP, MAP], [{ kind: 'MUL', inputs: [0, 0], activation: 'relu6' }])).toMatchObject([
      { op: 'multiply' },
      { op: 'clip', lo: 0, hi: 6 },
    ]);
  });

  test('of different shapes is refused, with what can be multiplied', () => {
    const join = { kind: 'CONCATENATION', inputs: [0, 0] };
    expect(() => nodesOf([MAP, [1, 4, 6, 16], MAP], [join, { kind: 'MUL', inputs: [0, 1] }])).toThrow(
      /operator 1 \(MUL\) multiplies maps of different shapes.*one number for each channel/,
    );
  });
});
