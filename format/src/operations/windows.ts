// The operations that take the sum, the mean or the maximum over windows of a map.
import type { MapShape, NodeBase, Pads, Size2 } from '../values.js';
import { bool, or } from '../verify.js';
import { describe, GROUPS, type Operands, PADDING, type Rows, SIZE, STEPS, tensor, vectorShape } from './row.js';

export interface ConvNode extends NodeBase {
  readonly op: 'conv';
  /** Index of a tensor (O, kh, kw, I / groups). */
  readonly weights: number;
  readonly groups: number;
  readonly stride: Size2;
  readonly dilation: Size2;
  readonly pads: Pads;
}

export interface LinearNode extends NodeBase {
  readonly op: 'linear';
  /** Index of a tensor (O, 1, 1, I). The operand is a vector (1, 1, I). */
  readonly weights: number;
}

export interface PoolNode extends NodeBase {
  readonly op: 'maxPool' | 'avgPool';
  readonly window: Size2;
  readonly stride: Size2;
  readonly pads: Pads;
  /** Whether the output size is rounded up, as with PyTorch's `ceil_mode`. */
  readonly ceilMode: boolean;
  /** Whether pads count as elements of the mean, as with PyTorch's `count_include_pad`; avgPool only. */
  readonly countPads: boolean;
}

export interface GlobalAvgPoolNode extends NodeBase {
  readonly op: 'globalAvgPool';
}

export type WindowNode = ConvNode | LinearNode | PoolNode | GlobalAvgPoolNode;

const POOL = {
  window: SIZE,
  stride: SIZE,
  pads: PADDING,
  ceilMode: or(bool, false),
};

export const WINDOWS: Rows<WindowNode> = {
  conv: {
    type: 3,
    fields: {
      weights: tensor(),
      groups: GROUPS,
      stride: STEPS,
      dilation: STEPS,
      pads: PADDING,
    },
    shapeOf(operands, x, { groups, pads, stride, dilation }) {
      const [outChannels, kernelHeight, kernelWidth, groupChannels] = operands.tensor!.shape;
      if (groupChannels * groups !== x.channels) {
        operands.fail(`its weights take ${groupChannels} channels in ${groups} groups, its operand has ${x.channels}`);
      }
      if (outChannels % groups !== 0) operands.fail(`${outChannels} filters don't divide into ${groups} groups`);
      const side = (of: keyof Size2, kernel: number, padding: number): number =>
        Math.floor((x[of] + padding - dilation[of] * (kernel - 1) - 1) / stride[of]) + 1;
      return {
        height: side('height', kernelHeight, pads.top + pads.bottom),
        width: side('width', kernelWidth, pads.left + pads.right),
        channels: outChannels,
      };
    },
  },
  linear: {
    type: 4,
    fields: { weights: tensor() },
    shapeOf(operands, x) {
      const [outputs, height, width, inputs] = operands.tensor!.shape;
      if (x.height * x.width * height * width !== 1 || x.channels !== inputs) {
        operands.fail(
          `takes a vector (1, 1, I) and weights (O, 1, 1, I), its operand is ${describe(x)} and its weights (${outputs}, ${height}, ${width}, ${inputs})`,
        );
      }
      return vectorShape(outputs);
    },
  },
  // Pads never count in a maximum, so the file has no such field.
  maxPool: { type: 10, fields: { ...POOL, countPads: { slots: 0, read: () => false } }, shapeOf: poolShape },
  avgPool: { type: 11, fields: { ...POOL, countPads: or(bool, false) }, shapeOf: poolShape },
  globalAvgPool: { type: 12, fields: {}, shapeOf: (_, x) => vectorShape(x.channels) },
};

function poolShape(operands: Operands, x: MapShape, node: PoolNode): MapShape {
  const { window, stride, pads } = node;
  if (node.op === 'maxPool' && node.countPads) operands.fail("counts pads, which have no part in a maxPool's result");
  // PyTorch's rule; it also makes sure that every window holds at least one element of the operand.
  if (2 * Math.max(pads.top, pads.bottom) > window.height || 2 * Math.max(pads.left, pads.right) > window.width) {
    operands.fail('its pads are above half of its window');
  }
  /** PyTorch's `pooling_output_shape`: in ceil mode the last window must start inside the operand or its leading pad. */
  const side = (of: keyof Size2, before: number, after: number): number => {
    const steps = (x[of] + before + after - window[of]) / stride[of];
    const count = (node.ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
    return node.ceilMode && (count - 1) * stride[of] >= x[of] + before ? count - 1 : count;
  };
  return {
    height: side('height', pads.top, pads.bottom),
    width: side('width', pads.left, pads.right),
    channels: x.channels,
  };
}
