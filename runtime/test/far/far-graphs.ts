import { f32Tensor, type Graph, GraphBuilder, type Tensor } from '@signwave/format';
import { pick, randomBits, randomFloats, randomGraph, randomTensor, seededRandom } from '../random-graph.js';

interface Case {
  readonly graph: Graph;
  readonly input: Float32Array | Uint8Array;
}

const RECIPE = { channelOrder: 'rgb', divisor: 1, mean: [124, 116, 104], std: [1, 1, 1] } as const;
const SIZE = { height: 9, width: 11, channels: 3 };

/** Graphs and inputs of which the plans call every kernel. */
export function caseOf(seed: number): Case {
  const random = seededRandom(seed);
  if (seed % 6 === 0) {
    return { graph: classifier(random), input: Uint8Array.from({ length: 9 * 11 * 3 }, () => random() * 256) };
  }
  const graph = randomGraph(random);
  const { height, width, channels } = graph.nodes[0] as { height: number; width: number; channels: number };
  return { graph, input: randomFloats(random, height * width * channels, 2) };
}

/** What random graphs don't have: bytes, integer convolutions with pairs and without, strides of 2 and 1, a softmax. */
function classifier(random: () => number): Graph {
  const g = new GraphBuilder();
  const kernel = pick(random, [3, 7, 11]);
  const shape = [6, kernel, kernel, 3] as const;
  const values = Int16Array.from({ length: 18 * kernel * kernel }, () => random() * 65_535 - 32_767);
  const stem: Tensor = { dtype: 'i16', shape, data: new Uint8Array(values.buffer) };
  let x = g.conv(g.input(SIZE, RECIPE), stem, { stride: pick(random, [1, 1, 2]), pad: 5 });
  x = g.hardtanh(g.affine(x, new Float32Array(6).fill(1e-5), randomFloats(random, 6)));
  x = g.add(g.conv(g.sign(x), randomBits(random, [6, 3, 3, 6]), { pad: 1 }), x);
  x = g.conv(g.sign(x), randomBits(random, [8, 3, 3, 6]), { pad: 1, stride: { height: 2, width: 1 } });
  const head = randomTensor(random, [pick(random, [5, 40]), 1, 1, 8]);
  g.softmax(g.linear(g.globalAvgPool(x), head), { log: random() < 0.5 });
  return g.build();
}

/** What one convolution takes for its pads: 8192 x 8192 floats, or a row and a column less. */
const PADS_BYTES = 2 ** 28;

/** A small graph that needs more than `sizeBytes` of memory, nearly all of it zeros; its last map lies above them. */
export function graphAbove(sizeBytes: number): Graph {
  const g = new GraphBuilder();
  let x = g.input({ height: 8, width: 8, channels: 1 });
  for (let n = 0; n * PADS_BYTES <= sizeBytes; n++) {
    const pad = Math.floor((8192 - g.shapeOf(x).height) / 2);
    x = g.conv(x, f32Tensor([1, 1, 1, 1], Float32Array.of(n % 2 ? 0.75 : -1.25)), { pad, stride: 819 });
  }
  const count = g.shapeOf(x).height * g.shapeOf(x).width;
  g.softmax(g.linear(g.flatten(x), randomTensor(seededRandom(1), [5, 1, 1, count])));
  return g.build();
}
