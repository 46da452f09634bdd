import { f32Tensor, GraphBuilder, writeModel } from '@signwave/format';
import { randomBits, randomTensor, seededRandom } from '../random-graph.js';

/** A model of 4 x 4 RGB pixels and three classes, as a file. */
export function tinyModel(): Uint8Array<ArrayBuffer> {
  const random = seededRandom(11);
  const g = new GraphBuilder();
  const recipe = { channelOrder: 'rgb', divisor: 255, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
  let x = g.input({ height: 4, width: 4, channels: 3 }, recipe);
  x = g.conv(g.sign(g.conv(x, randomTensor(random, [8, 3, 3, 3]), { pad: 1 })), randomBits(random, [8, 3, 3, 8]), {
    pad: 1,
  });
  const head = Float32Array.from({ length: 24 }, () => random() - 0.5);
  g.linear(g.globalAvgPool(g.affine(x, new Float32Array(8).fill(0.1))), f32Tensor([3, 1, 1, 8], head));
  const info = { name: 'tiny', architecture: 'tiny', method: 'test', writer: 'test', accuracy: [] };
  return new Uint8Array(writeModel({ info, graph: g.build() }));
}
