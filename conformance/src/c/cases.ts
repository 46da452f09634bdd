import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { convertCheckpoint, openCheckpoint } from '@signwave/convert';
import { readImage } from '@signwave/data/node';
import {
  bytesSource,
  f32Tensor,
  type Graph,
  GraphBuilder,
  type InputRecipe,
  type Model,
  readModel,
  type Tensor,
  writeModel,
} from '@signwave/format';
import type { RasterImage } from '@signwave/runtime';
import { extremeInput, withExtremes } from '../../../runtime/test/extreme-values.js';
import { denseBlock, larqBlock } from '../../../runtime/test/fused-graphs.js';
import {
  randomBits,
  randomFloats,
  randomGraph,
  randomTensor,
  seededRandom,
} from '../../../runtime/test/random-graph.js';

/** A model that is exported, and its inputs. */
export interface Case {
  readonly name: string;
  readonly model: Model;
  /** Either images of the model's size or floats. */
  readonly inputs: readonly (Uint8Array | Float32Array)[];
  /** Images of any size, which the recipe prepares. */
  readonly images?: readonly RasterImage[];
}

/** Enough random graphs to call every kernel; check-c.mjs reports it if they don't. */
const RANDOM_GRAPHS = 24;
/** Graphs in which sums overflow, so that infinities and NaN reach signs. */
const EXTREME_GRAPHS = 8;
const INPUTS_OF_A_GRAPH = 3;

export async function casesOf(): Promise<Case[]> {
  const seeds = Array.from({ length: RANDOM_GRAPHS }, (_, n) => n + 1);
  return [
    await resnet20(),
    ...seeds.map((seed) => graphCase(`random-${seed}`, randomGraph(seededRandom(seed)), seed)),
    ...Array.from({ length: EXTREME_GRAPHS }, (_, n) => extremeCase(n + 1)),
    graphCase('denormals', denormals(), 1, 1e-38),
    graphCase('two-readers', twoReaders(), 1),
    graphCase('gates', gates(), 1, 40),
    graphCase('larq-block', larqBlock({ height: 9, width: 17 }), 1),
    graphCase('dense-block', denseBlock(), 1),
    ...[false, true].map((log) => graphCase(log ? 'log-softmax' : 'softmax', softmax(log), 1)),
    ...(['bilinear', 'bicubic'] as const).flatMap((interpolation) => [
      recipeCase(`stretch-${interpolation}`, {
        resize: { mode: 'stretch', sizePixels: 0, interpolation },
        channelOrder: 'gray',
      }),
      recipeCase(`shorter-side-${interpolation}`, {
        resize: { mode: 'shorterSide', sizePixels: 19, interpolation },
        channelOrder: interpolation === 'bilinear' ? 'rgb' : 'bgr',
      }),
    ]),
    recipeCase('covering', { channelOrder: 'rgb' }),
    ...(['rgb', 'bgr', 'gray'] as const).map((channelOrder) => centreSquareCase(channelOrder)),
  ];
}

/** The example checkpoint on the example images. */
async function resnet20(): Promise<Case> {
  const path = 'examples/biper-resnet20-cifar10.pth';
  const bytes = readFileSync(path);
  const { model } = await convertCheckpoint(await openCheckpoint(bytesSource(bytes, path)), {
    writer: 'signwave',
    name: 'resnet20',
    omega0: 20,
    sourceSha256: createHash('sha256').update(bytes).digest('hex'),
    labels: readFileSync('examples/labels.txt', 'utf8').trim().split('\n'),
  });
  const paths = readdirSync('examples/images', { recursive: true, encoding: 'utf8' }).filter((it) =>
    it.endsWith('.png'),
  );
  const images = await Promise.all(paths.sort().map((it) => readImage(`examples/images/${it}`)));
  return {
    name: 'resnet20',
    model,
    inputs: images.map(({ data }) => Uint8Array.from(data)),
    images: images.slice(0, 1),
  };
}

function graphCase(name: string, graph: Graph, seed: number, scale = 1): Case {
  const { height, width, channels } = graph.nodes[0] as { height: number; width: number; channels: number };
  const random = seededRandom(seed + 1000);
  const inputs = Array.from({ length: INPUTS_OF_A_GRAPH }, () =>
    randomFloats(random, height * width * channels, scale),
  );
  return { name, model: modelOf(name, graph), inputs };
}

function extremeCase(seed: number): Case {
  const random = seededRandom(seed);
  const { name, model, inputs } = graphCase(`extremes-${seed}`, withExtremes(randomGraph(random), random), seed);
  return { name, model, inputs: inputs.map((input) => extremeInput(input as Float32Array, random, seed % 2 === 0)) };
}

/** Numbers below 2^-126 reach signs; 32-bit ARM's NEON treats them as zero. */
function denormals(): Graph {
  const random = seededRandom(3);
  const tiny = (): Float32Array => randomFloats(random, 16, 1e-39);
  const g = new GraphBuilder();
  let x = g.input({ height: 9, width: 7, channels: 16 });
  x = g.affine(x, randomFloats(random, 16, 0.1), tiny());
  x = g.conv(g.sign(x, { threshold: tiny() }), randomBits(random, [16, 3, 3, 16]), { pad: 1 });
  x = g.affine(x, tiny(), tiny());
  x = g.conv(g.sign(x), randomBits(random, [16, 3, 3, 16]), { pad: 1 });
  x = g.clip(g.affine(x, tiny()), -1e-39, 1e-39);
  x = g.prelu(g.maxPool(x, 2), randomFloats(random, 16));
  x = g.conv(x, randomTensor(random, [16, 3, 3, 16]), { pad: 1 });
  g.globalAvgPool(x);
  return g.build();
}

/** Signs on planes that are also read by a convolution with a stride of 3, which takes them as bits. */
function twoReaders(): Graph {
  const random = seededRandom(5);
  const g = new GraphBuilder();
  const x = g.conv(g.input({ height: 9, width: 7, channels: 3 }), randomTensor(random, [16, 3, 3, 3]), { pad: 1 });
  const signs = g.sign(x);
  const dense = g.conv(signs, randomBits(random, [16, 3, 3, 16]), { pad: 1 });
  const sparse = g.conv(signs, randomBits(random, [16, 3, 3, 16]), { pad: 1, stride: 3 });
  g.add(g.globalAvgPool(dense), g.globalAvgPool(sparse));
  return g.build();
}

/** Sigmoids of a map and of its means; large inputs make them 0, 1 and subnormal. Two maps are multiplied, and a map by a vector. */
function gates(): Graph {
  const random = seededRandom(9);
  const g = new GraphBuilder();
  const x = g.input({ height: 5, width: 3, channels: 13 });
  const gated = g.multiply(x, g.sigmoid(g.affine(x, randomFloats(random, 13, 4))));
  const scaled = g.scale(gated, g.sigmoid(g.globalAvgPool(x)));
  g.add(g.conv(g.sign(scaled), randomBits(random, [13, 3, 3, 13]), { pad: 1 }), scaled);
  return g.build();
}

function softmax(log: boolean): Graph {
  const g = new GraphBuilder();
  g.softmax(g.flatten(g.input({ height: 3, width: 4, channels: 5 })), { log });
  return g.build();
}

/** A network whose images are resized as by TensorFlow, and don't stay bytes. */
function centreSquareCase(channelOrder: InputRecipe['channelOrder']): Case {
  const [height, width, channels] = [17, 18, channelOrder === 'gray' ? 1 : 3];
  const resize = { mode: 'centreSquare', sizePixels: 0, interpolation: 'bicubic' } as const;
  const mean = [0.9, 1, 1.1].slice(0, channels);
  const std = [1, 0.3, 2.1].slice(0, channels);
  const random = seededRandom(8);
  const g = new GraphBuilder();
  const x = g.input({ height, width, channels }, { resize, channelOrder, divisor: 127.5, mean, std });
  g.globalAvgPool(g.conv(g.sign(x), randomBits(random, [16, 3, 3, channels]), { pad: 1 }));
  const inputs = [randomFloats(random, height * width * channels)];
  const name = `centre-square-${channelOrder}`;
  return { name, model: modelOf(name, g.build()), inputs, images: imagesOfSizes(width, height, random) };
}

/** A small network with a recipe and an integer stem, and images that are smaller, larger, tall, wide, gray and in colour. */
function recipeCase(name: string, { resize, channelOrder }: Pick<InputRecipe, 'resize' | 'channelOrder'>): Case {
  const [height, width, channels] = [17, 18, channelOrder === 'gray' ? 1 : 3];
  const random = seededRandom(7);
  const byte = (): number => Math.floor(random() * 256);
  const g = new GraphBuilder();
  let x = g.input(
    { height, width, channels },
    {
      ...(resize && { resize }),
      channelOrder,
      divisor: 1,
      mean: Array(channels).fill(0),
      std: Array(channels).fill(1),
    },
  );
  // With a stride of 3 the sums are computed on pixels, otherwise on planes.
  x = g.conv(x, integerWeights(random, channels), { pad: 1, stride: channelOrder === 'bgr' ? 3 : 1 });
  x = g.conv(g.sign(g.affine(x, randomFloats(random, 16))), randomBits(random, [16, 3, 3, 16]), { pad: 1 });
  g.linear(g.globalAvgPool(x), f32Tensor([5, 1, 1, 16], randomFloats(random, 80)));
  const inputs = [Uint8Array.from({ length: height * width * channels }, byte)];
  return { name, model: modelOf(name, g.build()), inputs, images: imagesOfSizes(width, height, random) };
}

/** Images of a model's own size, smaller, larger, tall and wide, gray and in colour. */
function imagesOfSizes(width: number, height: number, random: () => number): RasterImage[] {
  const sizes = [
    [width, height],
    [40, 23],
    [11, 64],
    [5, 6],
    [300, 301],
  ] as const;
  return sizes.flatMap(([imageWidth, imageHeight]) =>
    ([1, 3] as const).map((imageChannels) => ({
      width: imageWidth,
      height: imageHeight,
      channels: imageChannels,
      data: Uint8Array.from({ length: imageWidth * imageHeight * imageChannels }, () => Math.floor(random() * 256)),
    })),
  );
}

function integerWeights(random: () => number, channels: number): Tensor {
  const values = Int16Array.from({ length: 16 * 9 * channels }, () => Math.floor(random() * 65_535) - 32_767);
  return { dtype: 'i16', shape: [16, 3, 3, channels], data: new Uint8Array(values.buffer) };
}

/** Makes a model as if it was read from a file, with names that C has to escape. */
function modelOf(name: string, graph: Graph): Model {
  const info: Model['info'] = {
    name: `${name} */ "?" \u00e9\\`,
    architecture: 'test',
    method: 'test',
    writer: 'test',
    accuracy: [],
  };
  return readModel(writeModel({ info, graph }), name);
}
