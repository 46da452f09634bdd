import {
  type ErrorCode,
  f32Tensor,
  type Graph,
  GraphBuilder,
  type GraphNode,
  inferShapes,
  isBinary,
  type MapShape,
  macs,
  type PoolOptions,
  type Sides,
  SignwaveError,
  type Tensor,
  type TensorShape,
  tensorBytes,
  type Value,
} from '@signwave/format';
import { describe, expect, test } from 'vitest';

type Sizes = readonly [height: number, width: number, channels: number];

function zeros(...shape: TensorShape): Tensor {
  return { dtype: 'f32', shape, data: new Uint8Array(tensorBytes('f32', shape)) };
}

function ones(count: number): Float32Array {
  return new Float32Array(count).fill(1);
}

/** The shape of the result that `build` computes from an input of `sizes`. */
function shapeAfter(sizes: Sizes, build: (g: GraphBuilder, x: Value) => Value): Sizes {
  const [height, width, channels] = sizes;
  const g = new GraphBuilder();
  const shape = g.shapeOf(build(g, g.input({ height, width, channels })));
  return [shape.height, shape.width, shape.channels];
}

function errorOf(run: () => unknown): SignwaveError {
  try {
    run();
  } catch (error) {
    if (error instanceof SignwaveError) return error;
    throw error;
  }
  throw new Error('no error was raised');
}

describe('shapes', () => {
  test.each<[what: string, sizes: Sizes, expected: Sizes, (g: GraphBuilder, x: Value) => Value]>([
    [
      'a 3x3 conv with pads keeps the size',
      [32, 30, 3],
      [32, 30, 16],
      (g, x) => g.conv(x, zeros(16, 3, 3, 3), { pad: 1 }),
    ],
    ['a 3x3 conv without pads loses 2', [5, 4, 1], [3, 2, 7], (g, x) => g.conv(x, zeros(7, 3, 3, 1))],
    [
      'a stride of 2 halves, rounding up with pads',
      [7, 8, 2],
      [4, 4, 2],
      (g, x) => g.conv(x, zeros(2, 3, 3, 2), { pad: 1, stride: 2 }),
    ],
    [
      'ImageNet: a 7x7 conv of stride 2',
      [224, 224, 3],
      [112, 112, 64],
      (g, x) => g.conv(x, zeros(64, 7, 7, 3), { pad: 3, stride: 2 }),
    ],
    [
      'a dilation of 2 makes 3 taps reach 5',
      [9, 9, 1],
      [5, 9, 1],
      (g, x) => g.conv(x, zeros(1, 3, 1, 1), { dilation: { height: 2, width: 3 } }),
    ],
    [
      'pads of each side count on their own',
      [4, 4, 1],
      [7, 11, 1],
      (g, x) => g.conv(x, zeros(1, 1, 1, 1), { pad: { top: 1, left: 3, bottom: 2, right: 4 } }),
    ],
    ['groups divide the input channels', [4, 4, 8], [4, 4, 6], (g, x) => g.conv(x, zeros(6, 1, 1, 4), { groups: 2 })],
    ['linear', [1, 1, 9], [1, 1, 4], (g, x) => g.linear(x, zeros(4, 1, 1, 9))],
    ['affine', [2, 3, 4], [2, 3, 4], (g, x) => g.affine(x, ones(4))],
    ['prelu', [2, 3, 4], [2, 3, 4], (g, x) => g.prelu(x, ones(4))],
    ['sign', [2, 3, 4], [2, 3, 4], (g, x) => g.sign(x, { threshold: ones(4) })],
    ['borderBias', [3, 3, 2], [3, 3, 2], (g, x) => g.borderBias(x, zeros(1, 3, 3, 2), 1, 1)],
    ['add', [2, 3, 4], [2, 3, 4], (g, x) => g.add(x, x)],
    ['multiply', [2, 3, 4], [2, 3, 4], (g, x) => g.multiply(x, x)],
    ['scale', [2, 3, 4], [2, 3, 4], (g, x) => g.scale(x, g.globalAvgPool(x))],
    ['sigmoid', [2, 3, 4], [2, 3, 4], (g, x) => g.sigmoid(x)],
    ['globalAvgPool', [7, 5, 3], [1, 1, 3], (g, x) => g.globalAvgPool(x)],
    ['padChannels', [2, 2, 3], [2, 2, 10], (g, x) => g.padChannels(x, 3, 4)],
    ['concat', [2, 2, 3], [2, 2, 9], (g, x) => g.concat(x, x, x)],
    ['flatten', [2, 3, 4], [1, 1, 24], (g, x) => g.flatten(x)],
    ['softmax', [1, 1, 4], [1, 1, 4], (g, x) => g.softmax(x)],
    ['sampleMean', [2, 3, 4], [2, 3, 4], (g, x) => g.sampleMean(x)],
    ['sliceSpatial takes the odd row that is left', [5, 6, 1], [3, 3, 1], (g, x) => g.sliceSpatial(x, 2)],
    [
      'sliceSpatial starts where it is told',
      [5, 6, 1],
      [2, 2, 1],
      (g, x) => g.sliceSpatial(x, { height: 2, width: 3 }, { height: 1, width: 2 }),
    ],
  ])('%s', (_, sizes, expected, build) => {
    expect(shapeAfter(sizes, build)).toEqual(expected);
  });

  // torch.nn.MaxPool2d(window, stride, pad, ceil_mode=...) on a square map, PyTorch 2.
  test.each<[size: number, window: number, stride: number, pad: number, floor: number, ceil: number]>([
    [32, 2, 2, 0, 16, 16],
    [7, 2, 2, 0, 3, 4],
    [112, 3, 2, 1, 56, 57],
    [5, 3, 2, 1, 3, 3],
    [6, 3, 2, 1, 3, 4],
    // The last window would start in the trailing pad, so ceil mode leaves it out.
    [2, 2, 2, 1, 2, 2],
    [3, 2, 2, 1, 2, 2],
    [4, 3, 3, 1, 2, 2],
    [5, 1, 3, 0, 2, 2],
    [2, 3, 2, 0, 0, 1],
  ])(
    "a pool of a side of %i, window %i, stride %i, pad %i is PyTorch's: %i, or %i in ceil mode",
    (size, window, stride, pad, floor, ceil) => {
      const side = (ceilMode: boolean): number =>
        shapeAfter([size, size, 1], (g, x) => g.maxPool(x, window, { stride, pad, ceilMode }))[0];
      if (floor === 0) expect(() => side(false)).toThrow(/every side must be 1 or more/);
      else expect(side(false)).toBe(floor);
      expect(side(true)).toBe(ceil);
    },
  );
});

describe('a graph without meaning is refused', () => {
  const cases: [message: RegExp, (g: GraphBuilder, x: Value) => Value][] = [
    [
      /node 1 \("c", conv\): its weights take 2 channels in 1 groups, its operand has 3/,
      (g, x) => g.conv(x, zeros(4, 1, 1, 2), { name: 'c' }),
    ],
    [/4 filters don't divide into 3 groups/, (g, x) => g.conv(x, zeros(4, 1, 1, 1), { groups: 3 })],
    [/every side must be 1 or more/, (g, x) => g.conv(x, zeros(4, 5, 5, 3))],
    [/its stride holds 0, expected whole numbers from 1/, (g, x) => g.conv(x, zeros(4, 1, 1, 3), { stride: 0 })],
    [/its pads holds -1, expected whole numbers from 0/, (g, x) => g.conv(x, zeros(4, 1, 1, 3), { pad: -1 })],
    [/its dilation holds 1.5/, (g, x) => g.conv(x, zeros(4, 1, 1, 3), { dilation: 1.5 })],
    [/its groups holds 0/, (g, x) => g.conv(x, zeros(4, 1, 1, 3), { groups: 0 })],
    [
      /takes a vector \(1, 1, I\) and weights \(O, 1, 1, I\), its operand is \(4, 4, 3\)/,
      (g, x) => g.linear(x, zeros(4, 1, 1, 48)),
    ],
    [/its weights \(4, 1, 1, 47\)/, (g, x) => g.linear(g.flatten(x), zeros(4, 1, 1, 47))],
    [/its weights \(4, 2, 2, 12\)/, (g, x) => g.linear(g.flatten(x), zeros(4, 2, 2, 12))],
    [/its coefficients have shape \(2, 1, 1, 2\), expected \(2, 1, 1, 3\)/, (g, x) => g.affine(x, ones(2))],
    [/its slopes have shape \(2, 1, 1, 4\)/, (g, x) => g.prelu(x, ones(4))],
    [/its thresholds have shape \(1, 1, 1, 1\)/, (g, x) => g.sign(x, { threshold: ones(1) })],
    [
      /its biases are bits, expected f32 or f16/,
      (g, x) => g.borderBias(x, { dtype: 'bits', shape: [1, 1, 1, 3], data: Uint8Array.of(0) }, 0, 0),
    ],
    [/bias \(1, 5, 1, 3\) doesn't fit its operand \(4, 4, 3\)/, (g, x) => g.borderBias(x, zeros(1, 5, 1, 3), 0, 0)],
    [/no class is left for the interior/, (g, x) => g.borderBias(x, zeros(1, 2, 2, 3), 2, 0)],
    [/its second operand is \(1, 1, 3\), expected \(4, 4, 3\)/, (g, x) => g.add(x, g.globalAvgPool(x))],
    [/its second operand is \(1, 1, 3\), expected \(4, 4, 3\)/, (g, x) => g.multiply(x, g.globalAvgPool(x))],
    [/its second operand is \(4, 4, 3\), expected \(1, 1, 3\)/, (g, x) => g.scale(x, x)],
    [/joins maps of one height and width/, (g, x) => g.concat(x, g.globalAvgPool(x))],
    [/takes 2 or more operands, it has 1/, (g, x) => g.concat(x)],
    [/clips to 1..0, which is empty/, (g, x) => g.clip(x, 1, 0)],
    [/clips to NaN..1/, (g, x) => g.clip(x, Number.NaN, 1)],
    [/its pads are above half of its window/, (g, x) => g.maxPool(x, 2, { pad: 2 })],
    [/counts pads, which have no part in a maxPool's result/, (g, x) => g.maxPool(x, 2, { countPads: true })],
    [/its window holds 0/, (g, x) => g.avgPool(x, 0)],
    [/its output would be \(0, 0, 3\)/, (g, x) => g.sliceSpatial(x, 1, { height: 4, width: 4 })],
    [/its before holds -1/, (g, x) => g.padChannels(x, -1, 2)],
    [/takes a vector \(1, 1, C\), its operand is \(4, 4, 3\)/, (g, x) => g.softmax(x)],
    [/node 3 \(sign\): depends on a softmax/, (g, x) => g.sign(g.softmax(g.globalAvgPool(x)))],
    [/node 4 \(sign\): depends on a softmax/, (g, x) => g.sign(g.relu(g.softmax(g.globalAvgPool(x))))],
    [
      /node 1 \(input\): the first node, and no other, is the input/,
      (g) => g.input({ height: 1, width: 1, channels: 1 }),
    ],
  ];
  test.each(cases)('%s', (message, build) => {
    const error = errorOf(() => shapeAfter([4, 4, 3], build));
    expect(error.code).toBe('E_GRAPH');
    expect(error.message).toMatch(message);
  });

  const input = { op: 'input', inputs: [], height: 2, width: 2, channels: 3 } as const;
  test.each<[what: string, code: ErrorCode, nodes: GraphNode[]]>([
    ['no node at all', 'E_FORMAT_LIMIT', []],
    ['no input', 'E_GRAPH', [{ op: 'flatten', inputs: [] }]],
    ['an operand that comes later', 'E_GRAPH', [input, { op: 'flatten', inputs: [2] }, { op: 'flatten', inputs: [0] }]],
    ['a node that is its own operand', 'E_GRAPH', [input, { op: 'flatten', inputs: [1] }]],
    ['an operand before the first node', 'E_GRAPH', [input, { op: 'flatten', inputs: [-1] }]],
    ['an operand too many', 'E_GRAPH', [input, { op: 'flatten', inputs: [0, 0] }]],
    ['an input with an operand', 'E_GRAPH', [{ ...input, inputs: [0] }]],
    ['65 operands', 'E_FORMAT_LIMIT', [input, { op: 'concat', inputs: Array<number>(65).fill(0) }]],
    ['a tensor that is not there', 'E_GRAPH', [input, { op: 'affine', inputs: [0], coefficients: 0 }]],
    ['an empty input', 'E_GRAPH', [{ ...input, height: 0 }]],
    ['a map above the limit', 'E_FORMAT_LIMIT', [{ ...input, height: 65535, width: 65535 }]],
    [
      'maps above the limit together',
      'E_FORMAT_LIMIT',
      [
        { ...input, height: 8192, width: 2048 },
        ...Array.from({ length: 32 }, (_, i) => ({ op: 'sampleMean', inputs: [i] }) as const),
      ],
    ],
    [
      '16,385 nodes',
      'E_FORMAT_LIMIT',
      [input, ...Array.from({ length: 16384 }, (_, i) => ({ op: 'sampleMean', inputs: [i] }) as const)],
    ],
  ])('%s', (_, code, nodes) => {
    expect(errorOf(() => inferShapes({ nodes, tensors: [] })).code).toBe(code);
  });

  test('more multiply-accumulates than a run can take', () => {
    const weights = zeros(64, 31, 31, 64);
    const g = new GraphBuilder();
    g.conv(g.input({ height: 512, width: 1024, channels: 64 }), weights, { pad: 15 });
    expect(errorOf(() => g.build())).toMatchObject({
      code: 'E_FORMAT_LIMIT',
      message: expect.stringContaining('multiply-accumulates'),
    });
  });

  test('a pool that reads its map again and again', () => {
    const build = (window: Sides, options: PoolOptions): unknown =>
      shapeAfter([4095, 4095, 1], (g, x) => g.avgPool(x, window, options));
    expect(errorOf(() => build(2048, { stride: 1 })).code).toBe('E_FORMAT_LIMIT');
    expect(build(2048, { stride: 2047 })).toEqual([2, 2, 1]);
  });

  test('more taps than float32 can count', () => {
    // The shape is enough, because taps are counted before any data is read.
    const weights: Tensor = { dtype: 'bits', shape: [1, 4097, 4096, 1], data: new Uint8Array(0) };
    const g = new GraphBuilder();
    g.conv(g.input({ height: 4097, width: 4096, channels: 1 }), weights);
    expect(errorOf(() => g.build())).toMatchObject({
      code: 'E_FORMAT_LIMIT',
      message: expect.stringContaining('(1, 4097, 4096, 1) are above 268435456 elements or 16777216 taps'),
    });
  });

  test('more weights than are loaded in seconds', () => {
    const build = (filters: number): MapShape => {
      const weights: Tensor = { dtype: 'bits', shape: [filters, 1, 1, 65536], data: new Uint8Array(0) };
      const g = new GraphBuilder();
      return g.shapeOf(g.linear(g.sign(g.input({ height: 1, width: 1, channels: 65536 })), weights));
    };
    expect(build(4096).channels).toBe(4096);
    expect(errorOf(() => build(4097))).toMatchObject({
      code: 'E_FORMAT_LIMIT',
      message: expect.stringContaining('(4097, 1, 1, 65536) are above 268435456 elements'),
    });
  });
});

describe('an input recipe is refused', () => {
  const recipe = { channelOrder: 'rgb', divisor: 255, mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const resize = { mode: 'shorterSide', sizePixels: 31, interpolation: 'bilinear' } as const;
  const shape: MapShape = { height: 32, width: 24, channels: 3 };
  test.each([
    [
      'with gray images for three channels',
      /3 channels can't hold gray images/,
      { ...recipe, channelOrder: 'gray' as const },
    ],
    ['with two means', /2 means and 3 deviations for 3 channels/, { ...recipe, mean: [0, 0] }],
    ['that divides by 0', /divides by zero/, { ...recipe, divisor: 0 }],
    ['with a deviation of 0', /divides by zero/, { ...recipe, std: [1, 0, 1] }],
    ['with a mean that is NaN', /NaN or infinity/, { ...recipe, mean: [0, Number.NaN, 0] }],
    ['that resizes to less than its crop', /31 pixels, too few for a crop of 32 x 24/, { ...recipe, resize }],
  ])('%s', (_, message, bad) => {
    const g = new GraphBuilder();
    g.input(shape, bad);
    expect(() => g.build()).toThrow(message);
  });
});

describe('multiply-accumulates', () => {
  test("of ResNet-18's first layer and classifier are those of the literature", () => {
    const g = new GraphBuilder();
    const x = g.conv(g.input({ height: 224, width: 224, channels: 3 }), zeros(64, 7, 7, 3), { pad: 3, stride: 2 });
    g.linear(g.globalAvgPool(x), zeros(1000, 1, 1, 64));
    const graph = g.build();
    const shapes = inferShapes(graph);
    expect(graph.nodes.map((node, i) => macs(graph, node, shapes[i]!))).toEqual([0, 118_013_952, 0, 64_000]);
  });

  test('are binary if bits meet a sign of two values', () => {
    const bits: Tensor = { dtype: 'bits', shape: [1, 1, 1, 3], data: Uint8Array.of(0) };
    const binaryNodes = (graph: Graph): boolean[] => graph.nodes.map((node) => isBinary(graph, node));
    const g = new GraphBuilder();
    const x = g.input({ height: 1, width: 1, channels: 3 });
    g.conv(g.sign(x), bits);
    g.conv(g.sign(x, { zeroRule: 'zero' }), bits);
    g.linear(x, bits);
    g.conv(g.sign(x), f32Tensor([1, 1, 1, 3], ones(3)));
    expect(binaryNodes(g.build())).toEqual([false, false, true, false, false, false, false, false]);
  });
});
