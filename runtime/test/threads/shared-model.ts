import { f32Tensor, GraphBuilder, type Value, writeModel } from '@signwave/format';
import { randomBits, randomFloats, randomTensor, seededRandom } from '../random-graph.js';

const RECIPE = { channelOrder: 'rgb', divisor: 255, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;

/** A network with maps large enough to share: stem, pool, a block with a shortcut, a stride, a grouped and a small convolution, a head. */
export function sharedModel(): Uint8Array<ArrayBuffer> {
  const random = seededRandom(23);
  const g = new GraphBuilder();
  const affine = (x: Value): Value => {
    const { channels } = g.shapeOf(x);
    return g.affine(x, randomFloats(random, channels, 0.2), randomFloats(random, channels, 2));
  };
  const binary = (x: Value, filters: number, options: { stride?: number; groups?: number } = {}): Value => {
    const { channels } = g.shapeOf(x);
    const weights = randomBits(random, [filters, 3, 3, channels / (options.groups ?? 1)]);
    return affine(g.conv(g.sign(x), weights, { pad: 1, ...options }));
  };
  let x = g.input({ height: 48, width: 40, channels: 3 }, RECIPE);
  x = g.maxPool(g.hardtanh(affine(g.conv(x, randomTensor(random, [32, 5, 5, 3]), { pad: 2 }))), 2);
  x = g.hardtanh(g.add(binary(x, 32), x));
  x = g.hardtanh(binary(x, 64, { stride: 2 }));
  x = g.hardtanh(g.add(binary(x, 64, { groups: 4 }), x));
  x = g.hardtanh(binary(g.avgPool(x, 2), 64));
  x = g.linear(g.globalAvgPool(x), f32Tensor([100, 1, 1, 64], randomFloats(random, 6400)));
  g.softmax(x);
  const info = { name: 'shared', architecture: 'shared', method: 'test', writer: 'test', accuracy: [] };
  return new Uint8Array(writeModel({ info, graph: g.build() }));
}

/** Its input as bytes. */
export const image = (n: number): Uint8Array =>
  Uint8Array.from({ length: 48 * 40 * 3 }, (_, i) => ((i + n) * 37) & 255);
/** Its input as floats. */
export const floats = (n: number): Float32Array => randomFloats(seededRandom(n), 48 * 40 * 3, 2);
