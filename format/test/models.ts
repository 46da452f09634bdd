import {
  type DataType,
  f32Tensor,
  GraphBuilder,
  type Model,
  type Tensor,
  type TensorShape,
  tensorBytes,
  tensorElements,
  type Value,
} from '@signwave/format';

/** Gives seeded numbers from 0 to 2^32 - 1 (xorshift32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Makes a tensor of any type with random finite elements. */
export function randomTensor(dtype: DataType, shape: TensorShape, random: () => number): Tensor {
  if (dtype === 'f32')
    return f32Tensor(
      shape,
      new Float32Array(tensorElements(shape)).map(() => random() / 2 ** 31 - 1),
    );
  const data = new Uint8Array(tensorBytes(dtype, shape)).map(() => random() >>> 24);
  const usedBits = tensorElements(shape) % 8;
  if (dtype === 'bits' && usedBits !== 0) data[data.length - 1]! &= 2 ** usedBits - 1;
  // Clearing the highest bit of the exponent keeps a half finite.
  if (dtype === 'f16') for (let i = 1; i < data.length; i += 2) data[i]! &= 0xbf;
  return { dtype, shape, data };
}

/** BiPer's CIFAR-10 ResNet-20 with random weights, which has the size and all the patterns of a real file. */
export function resnet20Like(): Model {
  const random = randomNumbers(20);
  const values = (count: number): Float32Array => new Float32Array(count).map(() => random() / 2 ** 31 - 1);
  const g = new GraphBuilder();
  const mean = [0.485, 0.456, 0.406].map(Math.fround);
  const std = [0.229, 0.224, 0.225].map(Math.fround);
  let x = g.input({ height: 32, width: 32, channels: 3 }, { channelOrder: 'rgb', divisor: 255, mean, std });
  x = g.conv(x, randomTensor('f32', [16, 3, 3, 3], random), { pad: 1, name: 'conv1' });
  x = g.hardtanh(g.affine(x, values(16), values(16)));
  let channels = 16;
  const binaryConv = (y: Value, name: string, outChannels: number, stride: number): Value => {
    const weights = randomTensor('bits', [outChannels, 3, 3, channels], random);
    const sums = g.conv(g.sign(y), weights, { pad: 1, stride, name });
    return g.affine(sums, values(outChannels), values(outChannels));
  };
  for (const [stage, outChannels] of [16, 32, 64].entries()) {
    for (let block = 0; block < 3; block++) {
      const name = `layer${stage + 1}.${block}`;
      const stride = outChannels === channels ? 1 : 2;
      const added = (outChannels - channels) / 2;
      const shortcut = stride === 1 ? x : g.padChannels(g.avgPool(x, 2), added, added);
      const first = binaryConv(x, `${name}.conv1`, outChannels, stride);
      channels = outChannels;
      const middle = g.hardtanh(g.add(first, shortcut));
      x = g.hardtanh(g.add(binaryConv(middle, `${name}.conv2`, outChannels, 1), middle));
    }
  }
  x = g.affine(g.globalAvgPool(x), values(64), values(64));
  x = g.linear(x, randomTensor('f32', [10, 1, 1, 64], random), { name: 'linear' });
  x = g.affine(x, values(10), values(10));
  return {
    info: {
      name: 'biper-resnet20-cifar10',
      architecture: 'resnet20_1w1a',
      method: 'biper',
      omega0: 20,
      sourceSha256: '0123456789abcdef'.repeat(4),
      writer: 'signwave 0.1.0',
      licence: 'MIT',
      labels: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
      accuracy: [{ data: 'CIFAR-10 test, stated by the checkpoint (best_prec1)', top1: 86.98 }],
    },
    graph: g.build(),
  };
}

/** The model of SPEC.md section 7: signs of three pixels, two binary sums, an affine. */
export function exampleModel(): Model {
  const g = new GraphBuilder();
  let x = g.input({ height: 1, width: 1, channels: 3 });
  // (+1, -1, +1) and (-1, -1, +1): bits 0, 2 and 5.
  x = g.linear(g.sign(x), { dtype: 'bits', shape: [2, 1, 1, 3], data: Uint8Array.of(0b100101) }, { name: 'fc' });
  g.affine(x, Float32Array.of(0.5, 2), Float32Array.of(0, -1));
  return {
    info: { name: 'tiny', architecture: 'example', method: 'none', writer: 'spec', accuracy: [] },
    graph: g.build(),
  };
}

/** A model with every operation that version 1.1 brought, and an integer convolution. */
export function operationsOf11(): Model {
  const random = randomNumbers(11);
  const g = new GraphBuilder();
  const recipe = { channelOrder: 'rgb', divisor: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const image = g.input({ height: 4, width: 3, channels: 3 }, recipe);
  const x = g.conv(image, randomTensor('i16', [5, 3, 3, 3], random), { pad: 1 });
  g.scale(g.multiply(x, g.sigmoid(x)), g.sigmoid(g.globalAvgPool(x)));
  return {
    info: { name: 'version 1.1', architecture: 'test', method: 'none', writer: 'signwave test', accuracy: [] },
    graph: g.build(),
  };
}

/** A model with every operation of version 1.0, every element type, and every attribute set to something other than its default. */
export function everyOperation(): Model {
  const random = randomNumbers(1);
  const values = (count: number): Float32Array => new Float32Array(count).map(() => random() / 2 ** 31 - 1);
  const g = new GraphBuilder();
  const image = g.input(
    { height: 12, width: 10, channels: 3 },
    {
      resize: { mode: 'shorterSide', sizePixels: 14, interpolation: 'bicubic' },
      channelOrder: 'bgr',
      divisor: 127.5,
      mean: [1, 0.5, 0.25],
      std: [0.5, 0.5, 2],
    },
  );
  const stem = g.conv(image, randomTensor('i16', [4, 3, 3, 3], random), { pad: 1, name: 'stem.0' });
  const scaled = g.clip(g.affine(stem, values(4), values(4)), -0.5, Number.POSITIVE_INFINITY);
  const signs = g.sign(scaled, { threshold: values(4), zeroRule: 'minus', sourceZeroRule: 'plus' });
  const sums = g.conv(signs, randomTensor('bits', [6, 3, 2, 2], random), {
    groups: 2,
    stride: { height: 1, width: 2 },
    dilation: { height: 2, width: 1 },
    pad: { top: 1, left: 2, bottom: 3, right: 0 },
    name: 'blocks.0.größe',
  });
  const border = randomTensor('f16', [1, 3, 2, 6], random);
  const rectified = g.prelu(g.borderBias(sums, border, 1, 0), values(6), values(6));
  const pooled = g.maxPool(rectified, 3, { stride: 2, pad: 1, ceilMode: true });
  const averaged = g.avgPool(
    rectified,
    { height: 3, width: 2 },
    { stride: 2, pad: { top: 1, left: 1, bottom: 1, right: 0 }, ceilMode: true },
  );
  const sliced = g.sliceSpatial(rectified, { height: 2, width: 2 }, { height: 1, width: 0 });
  const padded = g.padChannels(sliced, 1, 2);
  const centred = g.sampleMean(g.concat(pooled, averaged));
  const halves = g.conv(g.sign(centred, { zeroRule: 'zero' }), randomTensor('f16', [6, 1, 1, 12], random));
  const both = g.add(halves, pooled);
  const wide = g.linear(g.flatten(both), randomTensor('bits', [5, 1, 1, 7 * 4 * 6], random));
  const small = g.linear(g.globalAvgPool(padded), randomTensor('i8', [5, 1, 1, 9], random), { name: 'head' });
  g.softmax(g.add(wide, small), { log: true });
  return {
    info: {
      name: 'every operation',
      architecture: 'test',
      method: 'biper',
      omega0: 0.1,
      sourceSha256: 'ab'.repeat(32),
      writer: 'signwave test',
      licence: 'MIT',
      labels: ['a', 'b', 'c', 'a', ''],
      accuracy: [
        { data: 'nothing', top1: 12.34 },
        { data: 'nothing', top1: 100 },
      ],
    },
    graph: g.build(),
  };
}
