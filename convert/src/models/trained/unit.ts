import type { Value } from '@signwave/format';
import { maxout } from '../methods/adabin.js';
import { rprelu } from '../methods/reactnet.js';
import type { NetworkBuilder } from '../network-builder.js';
import type { MethodConv, MethodConvOptions } from '../residual-block.js';
import type { NetworkStyle } from './style.js';

/** What all layers of a network have in common. */
export interface TrainedLayers {
  readonly style: NetworkStyle;
  /** A convolution between stem and classifier, with the signs of its operand. */
  readonly conv: MethodConv;
}

/** Names of a unit's modules. */
export interface UnitNames {
  readonly conv: string;
  readonly norm: string;
  readonly act: string;
}

/** A convolution with the batch norm and nonlinearity that belong to it. */
export interface Unit {
  before(x: Value): Value;
  /** @param options.pool what lies directly behind the convolution's own steps. @param options.around the shortcut. */
  after(x: Value, options?: { pool?: (x: Value) => Value; around?: Value | undefined }): Value;
}

/** A unit in the style's order, as trainer/src/models/unit.ts has it. */
export function unit(
  g: NetworkBuilder,
  { style, conv }: TrainedLayers,
  names: UnitNames,
  shape: Omit<MethodConvOptions, 'kernel' | 'groups'>,
): Unit {
  const same = (x: Value): Value => x;
  const plus = (x: Value, around: Value | undefined): Value => (around === undefined ? x : g.add(x, around));
  const norm = (x: Value): Value =>
    g.batchNorm(x, names.norm, { isAffine: style.normIsAffine, epsilon: style.normEpsilon });
  const act = (x: Value): Value => nonlinearity(g, style, x, names.act);
  const convolve = (x: Value): Value => conv(g, x, names.conv, shape);
  switch (style.order) {
    case 'conv-norm-act':
      return { before: same, after: (x, { pool = same, around } = {}) => act(plus(norm(pool(convolve(x))), around)) };
    case 'conv-act-norm':
      return { before: same, after: (x, { pool = same, around } = {}) => plus(pool(norm(act(convolve(x)))), around) };
    case 'norm-conv-act':
      return { before: norm, after: (x, { pool = same, around } = {}) => pool(act(plus(convolve(x), around))) };
    case 'norm-act-conv':
      return {
        before: (x) => act(norm(x)),
        after: (x, { pool = same, around } = {}) => plus(pool(convolve(x)), around),
      };
  }
}

export function nonlinearity(g: NetworkBuilder, { nonlinearity: kind }: NetworkStyle, x: Value, name: string): Value {
  switch (kind) {
    case 'hardtanh':
      return g.hardtanh(x);
    case 'relu':
      return g.relu(x);
    case 'prelu':
      return g.learnedPrelu(x, name);
    case 'scalar-prelu': {
      const [slope] = g.state.take(`${name}.weight`, [1]);
      return g.prelu(x, new Float32Array(g.shapeOf(x).channels).fill(slope!));
    }
    case 'rprelu':
      return rprelu(g, x, [`${name}.move1`, `${name}.prelu`, `${name}.move2`]);
    case 'maxout':
      return maxout(g, x, name);
    case 'none':
      return x;
  }
}
