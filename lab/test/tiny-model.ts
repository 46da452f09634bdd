import { f32Tensor, GraphBuilder, type Model } from '@signwave/format';

/** Two classes of gray images of 2 x 2: a binary convolution of the signs of their pixels. @param threshold of those signs. */
export function tinyModel(threshold = 0): Model {
  const g = new GraphBuilder();
  const recipe = { channelOrder: 'gray', divisor: 255, mean: [0.5], std: [0.5] } as const;
  const x = g.input({ height: 2, width: 2, channels: 1 }, recipe);
  const stem = g.affine(
    g.conv(x, f32Tensor([1, 1, 1, 1], Float32Array.of(1)), { name: 'stem' }),
    Float32Array.of(1),
    Float32Array.of(-threshold),
  );
  const bits = { dtype: 'bits', shape: [2, 1, 1, 1], data: Uint8Array.of(0b01) } as const;
  g.globalAvgPool(g.conv(g.sign(stem), bits, { name: 'binary' }));
  const info = { name: 'tiny', architecture: 'tiny', method: 'none', writer: 'test', accuracy: [] };
  return { info, graph: g.build() };
}
