import {
  f32Tensor,
  type Graph,
  GraphBuilder,
  type Pads,
  packBits,
  type Tensor,
  type TensorShape,
  type Value,
} from '@signwave/format';
import { BY_ROW, drawByRow, drawScale } from '../../reference/test/graphs.js';

export { seededRandom } from '../../test/seeded-random.js';

export function pick<T>(random: () => number, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

export function randomBits(random: () => number, shape: TensorShape): Tensor {
  const count = shape[0] * shape[1] * shape[2] * shape[3];
  return { dtype: 'bits', shape, data: packBits(count, () => random() < 0.5) };
}

/** Draws values around zero, some of them exactly 0, some tiny. */
export function randomFloats(random: () => number, count: number, scale = 1): Float32Array {
  return Float32Array.from({ length: count }, () => {
    const kind = random();
    if (kind < 0.05) return 0;
    if (kind < 0.1) return (random() - 0.5) * 1e-8;
    return (random() * 2 - 1) * scale;
  });
}

export function randomTensor(random: () => number, shape: TensorShape): Tensor {
  return f32Tensor(shape, randomFloats(random, shape[0] * shape[1] * shape[2] * shape[3]));
}

const CHANNELS = [1, 3, 8, 16, 31, 32, 33, 64, 100];

/**
 * A random graph of every operation, heavy on binary convolutions with odd channel counts, kernels of 1, 3, 5, strides of 1 to 3,
 * dilation of 2, groups, and hostile coefficients: zero, tiny and negative scales.
 */
export function randomGraph(random: () => number): Graph {
  const g = new GraphBuilder();
  let x = g.input({
    height: 1 + Math.floor(random() * 12),
    width: 1 + Math.floor(random() * 12),
    channels: pick(random, CHANNELS),
  });
  const length = 4 + Math.floor(random() * 8);
  for (let n = 0; n < length; n++) x = randomOperation(g, x, random);
  const head = random();
  if (head < 0.2) g.globalAvgPool(x);
  else if (head < 0.6) {
    x = g.flatten(x);
    x = g.linear(x, randomTensor(random, [pick(random, [1, 10, 13]), 1, 1, g.shapeOf(x).channels]));
  }
  return g.build();
}

function randomOperation(g: GraphBuilder, x: Value, random: () => number): Value {
  const { height, width, channels } = g.shapeOf(x);
  const affine = (value: Value): Value => {
    const size = g.shapeOf(value).channels;
    return g.affine(value, randomFloats(random, size, 0.2), randomFloats(random, size, 2));
  };
  const kind = random();
  if (kind < 0.5) {
    const signed = g.sign(x, {
      ...(random() < 0.5 && { threshold: randomFloats(random, channels, 0.5) }),
      zeroRule: pick(random, ['plus', 'plus', 'plus', 'minus', 'zero'] as const),
    });
    let y = randomConv(g, signed, random, (shape) => randomBits(random, shape));
    if (random() < 0.3) y = randomBorderBias(g, y, random);
    if (random() < 0.2) y = g.clip(y, pick(random, [0, -0.5, -3, -8]), pick(random, [1 / 0, 1 / 0, 6]));
    if (random() < 0.9) y = affine(y);
    if (random() < 0.2) y = randomBorderBias(g, y, random, 0.3);
    if (random() < 0.5 && g.shapeOf(y).channels === channels && sameSize(g, x, y)) y = g.add(y, x);
    else if (random() < 0.2 && sameSize(g, x, y)) y = g.concat(x, y);
    return random() < 0.7 ? g.hardtanh(y) : y;
  }
  if (kind < 0.6) return affine(randomConv(g, x, random, (shape) => randomTensor(random, shape)));
  if (kind < 0.64) return randomConv(g, x, random, (shape) => randomBits(random, shape));
  if (kind < 0.7) return g.hardtanh(affine(x));
  if (kind < 0.74) return g.prelu(x, randomFloats(random, channels), randomFloats(random, channels));
  if (kind < 0.8 && height > 1 && width > 1) {
    const options = { stride: pick(random, [1, 2]), pad: pick(random, [0, 1]), ceilMode: random() < 0.5 };
    const countPads = random() < 0.5;
    const window = Math.min(1 + options.stride + options.pad, height, width);
    return random() < 0.5 ? g.maxPool(x, window, options) : g.avgPool(x, window, { ...options, countPads });
  }
  if (kind < 0.84) return g.padChannels(x, pick(random, [0, 1, 3]), pick(random, [0, 2, 5]));
  if (kind < 0.88) return g.sliceSpatial(x, 2);
  if (kind < 0.92) return g.concat(x, g.relu(x), affine(x));
  if (kind < 0.95) {
    const op = pick(random, [...BY_ROW, 'scale'] as const);
    const numbers = (count: number): Float32Array => randomFloats(random, count);
    return op === 'scale' ? drawScale(g, x, numbers) : drawByRow(g, op, x, numbers);
  }
  if (kind < 0.98) {
    const bias = randomTensor(random, [1, Math.min(3, height), Math.min(3, width), channels]);
    return withBorderBias(g, x, bias);
  }
  return g.add(x, affine(x));
}

/** Whole numbers times `unit`, as what dead channels add to sums: the same for all channels now and then, not always whole. */
function randomBorderBias(g: GraphBuilder, x: Value, random: () => number, unit = 1): Value {
  const { height, width, channels } = g.shapeOf(x);
  const shape = [
    1,
    Math.min(pick(random, [1, 2, 3]), height),
    Math.min(pick(random, [1, 3]), width),
    channels,
  ] as const;
  const isShared = random() < 0.5;
  const step = unit * (random() < 0.9 ? 1 : 0.25);
  const classes = Float32Array.from({ length: shape[1] * shape[2] }, () => step * Math.floor(random() * 9 - 4));
  const values = Float32Array.from({ length: classes.length * channels }, (_, i) => {
    return isShared ? classes[Math.floor(i / channels)]! : step * Math.floor(random() * 9 - 4);
  });
  return withBorderBias(g, x, f32Tensor(shape, values));
}

function withBorderBias(g: GraphBuilder, x: Value, bias: Tensor): Value {
  const [, rows, columns] = bias.shape;
  return g.borderBias(x, bias, Math.min(1, rows - 1), Math.min(1, columns - 1));
}

function sameSize(g: GraphBuilder, x: Value, y: Value): boolean {
  return g.shapeOf(x).height === g.shapeOf(y).height && g.shapeOf(x).width === g.shapeOf(y).width;
}

function randomConv(g: GraphBuilder, x: Value, random: () => number, weights: (shape: TensorShape) => Tensor): Value {
  const { height, width, channels } = g.shapeOf(x);
  const groups = pick(
    random,
    [1, 1, 1, 2, 3, 4].filter((n) => channels % n === 0),
  );
  const outChannels = random() < 0.4 && channels % groups === 0 ? channels : groups * pick(random, [1, 3, 8, 11, 16]);
  const dilation = pick(random, [1, 1, 1, 2]);
  const kernel = pick(
    random,
    [1, 3, 3, 5].filter((k) => (k - 1) * dilation + 1 <= Math.min(height, width) + 2 * k),
  );
  const pad: number | Pads =
    random() < 0.8
      ? Math.floor(((kernel - 1) * dilation + 1) / 2)
      : { top: kernel, left: kernel - 1, bottom: kernel * dilation, right: kernel * dilation };
  const stride = pick(random, [1, 1, 2, 3]);
  return g.conv(x, weights([outChannels, kernel, kernel, channels / groups]), { groups, dilation, stride, pad });
}
