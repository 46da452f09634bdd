import { describe, expect, test } from 'vitest';
import { freeSums, GraphBuilder, packBits, type Tensor } from '../src/index.js';

const bits: Tensor = { dtype: 'bits', shape: [8, 3, 3, 8], data: packBits(8 * 9 * 8, () => true) };

describe('sums may be taken in any order', () => {
  test('for 1-bit weights on floats, where no sign follows', () => {
    const g = new GraphBuilder();
    const x = g.relu(g.conv(g.input({ height: 4, width: 4, channels: 8 }), bits, { pad: 1 }));
    g.add(x, g.conv(x, bits, { pad: 1 }));
    expect([...freeSums(g.build())].sort()).toEqual([1, 3]);
  });

  test('not before a sign, however far behind, nor on a sign, whose sums are integers', () => {
    const g = new GraphBuilder();
    const x = g.conv(g.input({ height: 4, width: 4, channels: 8 }), bits, { pad: 1 });
    const y = g.conv(g.sign(g.globalAvgPool(g.relu(x))), { ...bits, shape: [72, 1, 1, 8] });
    g.relu(y);
    expect([...freeSums(g.build())]).toEqual([]);
  });

  test('not for weights of more than one bit', () => {
    const g = new GraphBuilder();
    g.conv(g.input({ height: 4, width: 4, channels: 8 }), {
      dtype: 'i8',
      shape: [1, 1, 1, 8],
      data: new Uint8Array(8),
    });
    expect([...freeSums(g.build())]).toEqual([]);
  });
});
