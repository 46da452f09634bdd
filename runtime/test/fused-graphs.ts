import { f32Tensor, type Graph, GraphBuilder, type Value } from '@signwave/format';
import { randomBits, randomFloats, seededRandom } from './random-graph.js';

interface Size {
  readonly height: number;
  readonly width: number;
}

/** Border classes of a kernel of 3 and a pad of 1, as many as fit; by default of whole numbers. */
export function borderBias(
  g: GraphBuilder,
  x: Value,
  random: () => number,
  draw = (it: number) => Math.floor(it * 40 - 20),
) {
  const { height, width, channels } = g.shapeOf(x);
  const shape = [1, Math.min(3, height), Math.min(3, width), channels] as const;
  const values = Float32Array.from({ length: shape[1] * shape[2] * channels }, () => draw(random()));
  return g.borderBias(x, f32Tensor(shape, values), Math.min(1, shape[1] - 1), Math.min(1, shape[2] - 1));
}

export function affine(g: GraphBuilder, x: Value, random: () => number): Value {
  const { channels } = g.shapeOf(x);
  return g.affine(x, randomFloats(random, channels, 0.2), randomFloats(random, channels));
}

/** A block of Larq Compute Engine: pads of +1, a bound of the sums, scale and bias, a correction of zero pads, and a shortcut. */
export function larqBlock({ height, width }: Size, stride = 1): Graph {
  const random = seededRandom(height * 100 + width);
  const g = new GraphBuilder();
  const channels = 12;
  const x = g.maxPool(g.input({ height, width, channels }), 1);
  let y = g.conv(g.sign(x), randomBits(random, [channels, 3, 3, channels]), { pad: 1, stride });
  y = borderBias(g, y, random);
  y = g.clip(y, -11, Number.POSITIVE_INFINITY);
  y = borderBias(g, affine(g, y, random), random, (it) => it - 0.5);
  if (stride === 1) y = g.add(y, x);
  g.add(g.conv(g.sign(y), randomBits(random, [channels, 3, 3, channels]), { pad: 1 }), y);
  return g.build();
}

/** Dense blocks: each layer's channels are joined to all before, and the first map is joined twice. */
export function denseBlock(): Graph {
  const random = seededRandom(5);
  const g = new GraphBuilder();
  let x = g.maxPool(g.input({ height: 7, width: 9, channels: 4 }), 2, { stride: 1 });
  const first = x;
  for (let n = 0; n < 3; n++) {
    const { channels } = g.shapeOf(x);
    const y = g.conv(g.sign(affine(g, x, random)), randomBits(random, [6, 3, 3, channels]), { pad: 1 });
    x = g.concat(x, affine(g, y, random));
  }
  g.concat(g.add(x, affine(g, x, random)), first);
  return g.build();
}
