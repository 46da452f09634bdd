// The operations whose output has the shape of their operand.
import type { MapShape, NodeBase } from '../values.js';
import { bool, float, or } from '../verify.js';
import { describe, type Operands, optionalTensor, type Rows, SIDE, tensor, vectorShape, ZERO_RULE } from './row.js';

/**
 * What a `sign` gives where its input equals the threshold: +1, -1, or 0 (then its output has three values).
 * Values above the threshold give +1 and values below give -1 always.
 */
export type ZeroRule = 'plus' | 'minus' | 'zero';

export interface SignNode extends NodeBase {
  readonly op: 'sign';
  /** Index of an f32 or f16 tensor (1, 1, 1, C); absent: 0 for every channel. */
  readonly threshold?: number;
  /** The rule that executors follow. */
  readonly zeroRule: ZeroRule;
  /** The rule of the network that this graph was made from. If it differs, `verify` counts the ties. */
  readonly sourceZeroRule: ZeroRule;
}

export interface AffineNode extends NodeBase {
  readonly op: 'affine';
  /** Index of a tensor (2, 1, 1, C): row 0 is the scale m, row 1 the bias b; y = x * m[c] + b[c]. */
  readonly coefficients: number;
}

export interface BorderBiasNode extends NodeBase {
  readonly op: 'borderBias';
  /** Index of an f32 or f16 tensor (1, rowClasses, columnClasses, C), added by the border class of the pixel (SPEC.md 4.7). */
  readonly bias: number;
  /** The first `topRows` rows are classes of their own. One class for the interior follows; the other classes are rows at the bottom. */
  readonly topRows: number;
  readonly leftColumns: number;
}

export interface AddNode extends NodeBase {
  readonly op: 'add';
}

export interface ClipNode extends NodeBase {
  readonly op: 'clip';
  /** hardtanh: -1, 1; relu: 0, Infinity; relu6: 0, 6. */
  readonly lo: number;
  readonly hi: number;
}

export interface PreluNode extends NodeBase {
  readonly op: 'prelu';
  /** Index of a tensor (2, 1, 1, C): row 0 is the slope for x < 0, row 1 for x >= 0. */
  readonly slopes: number;
}

export interface SoftmaxNode extends NodeBase {
  readonly op: 'softmax';
  /** Whether the result is the logarithm, as of PyTorch's `LogSoftmax`. */
  readonly log: boolean;
}

export interface SampleMeanNode extends NodeBase {
  readonly op: 'sampleMean';
}

export interface ScaleNode extends NodeBase {
  readonly op: 'scale';
}

export interface MultiplyNode extends NodeBase {
  readonly op: 'multiply';
}

export interface SigmoidNode extends NodeBase {
  readonly op: 'sigmoid';
}

export type SameShapeNode =
  | SignNode
  | AffineNode
  | BorderBiasNode
  | AddNode
  | ClipNode
  | PreluNode
  | SoftmaxNode
  | SampleMeanNode
  | ScaleNode
  | MultiplyNode
  | SigmoidNode;

export const SAME_SHAPE: Rows<SameShapeNode> = {
  sign: {
    type: 2,
    fields: {
      threshold: optionalTensor({ floats: 'thresholds', rows: 1 }),
      zeroRule: or(ZERO_RULE, 'plus'),
      sourceZeroRule: or(ZERO_RULE, 'plus'),
    },
  },
  affine: { type: 5, fields: { coefficients: tensor({ floats: 'coefficients', rows: 2 }) } },
  borderBias: {
    type: 6,
    fields: {
      bias: tensor({ floats: 'biases' }),
      topRows: SIDE,
      leftColumns: SIDE,
    },
    shapeOf(operands, x, { topRows, leftColumns }) {
      const [one, rows, columns, channels] = operands.tensor!.shape;
      // There may be at most as many classes as rows, so that top, interior and bottom never overlap.
      if (one !== 1 || channels !== x.channels || rows > x.height || columns > x.width) {
        operands.fail(`its bias (${one}, ${rows}, ${columns}, ${channels}) doesn't fit its operand ${describe(x)}`);
      }
      if (topRows >= rows || leftColumns >= columns) operands.fail('no class is left for the interior');
      return x;
    },
  },
  add: {
    type: 7,
    fields: {},
    operands: 2,
    shapeOf: twoMaps,
  },
  clip: {
    type: 8,
    fields: { lo: or(float, -1), hi: or(float, 1) },
    shapeOf(operands, x, { lo, hi }) {
      if (!(lo <= hi)) operands.fail(`clips to ${lo}..${hi}, which is empty`);
      return x;
    },
  },
  prelu: { type: 9, fields: { slopes: tensor({ floats: 'slopes', rows: 2 }) } },
  softmax: {
    type: 17,
    fields: { log: or(bool, false) },
    isInexact: true,
    shapeOf(operands, x) {
      if (x.height !== 1 || x.width !== 1) operands.fail(`takes a vector (1, 1, C), its operand is ${describe(x)}`);
      return x;
    },
  },
  sampleMean: { type: 18, fields: {} },
  scale: { type: 19, since: 1, fields: {}, operands: 2, shapeOf: twoMaps },
  multiply: { type: 20, since: 1, fields: {}, operands: 2, shapeOf: twoMaps },
  sigmoid: { type: 21, since: 1, fields: {} },
};

/** Checks the second operand: a `scale` takes a vector, the other operations a map like the first. */
function twoMaps(operands: Operands, x: MapShape, { op }: SameShapeNode): MapShape {
  const expected = describe(op === 'scale' ? vectorShape(x.channels) : x);
  const found = describe(operands.maps[1]!);
  if (found !== expected) operands.fail(`its second operand is ${found}, expected ${expected}`);
  return x;
}
