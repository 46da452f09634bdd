import { f32Tensor, type Graph, GraphBuilder, type ModelInfo, packBits } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { exportOnnx } from '../../src/onnx/index.js';
import { MessageWriter } from '../../src/onnx/protobuf.js';
import { readOnnx } from './read-onnx.js';

// That engines compute the same with these files is tested in bench/test/onnx.test.ts.

const INFO: ModelInfo = { name: 'tiny', architecture: 'tiny', method: 'biper', writer: 'test', accuracy: [] };

function summary(graph: Graph, options: { batch?: number } = {}) {
  return readOnnx(exportOnnx({ graph, info: INFO }, options));
}

describe('MessageWriter', () => {
  test.each([
    [0, [8, 0]],
    [127, [8, 127]],
    [128, [8, 128, 1]],
    [300, [8, 172, 2]],
    [-1, [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
  ])('writes %i as a varint', (value, expected) => {
    expect(Array.from(new MessageWriter().int(1, value).finish())).toEqual(expected);
  });

  test('writes field numbers above 15 in two bytes', () => {
    expect(Array.from(new MessageWriter().int(20, 7).finish())).toEqual([160, 1, 7]);
  });

  test('writes floats, strings and messages inside messages', () => {
    const inner = new MessageWriter().float(2, -1.5).string(3, 'é');
    expect(Array.from(new MessageWriter().message(1, inner).finish())).toEqual([
      10, 9, 21, 0, 0, 0xc0, 0xbf, 26, 2, 0xc3, 0xa9,
    ]);
  });
});

describe('exportOnnx', () => {
  const g = new GraphBuilder();
  const x = g.input({ height: 4, width: 6, channels: 2 });
  const bits = { dtype: 'bits', shape: [1, 1, 2, 2], data: packBits(4, (i) => i < 3) } as const;
  const y = g.conv(g.sign(x), bits, { name: 'layer1.conv', stride: 2 });
  g.linear(g.flatten(g.relu(y)), f32Tensor([3, 1, 1, 6], new Float32Array(18)), { name: 'fc' });
  const graph = g.build();

  test('writes standard operators in the order of the graph', () => {
    expect(summary(graph).operators).toEqual([
      'GreaterOrEqual',
      'Where',
      'Conv',
      'Relu',
      'Transpose',
      'Flatten',
      'Gemm',
      'Identity',
    ]);
  });

  test('names values after the nodes of the graph', () => {
    const { outputs, initializers } = summary(graph);
    expect(outputs).toContain('layer1.conv/Conv');
    expect(outputs.at(-1)).toBe('output');
    expect(Object.keys(initializers)).toEqual(expect.arrayContaining(['layer1.conv/weight', 'fc/weight']));
  });

  test('writes bits as +1 and -1, channels before height and width', () => {
    expect(summary(graph).initializers['layer1.conv/weight']).toEqual({
      dimensions: [1, 2, 1, 2],
      floats: [1, 1, 1, -1],
    });
  });

  test('leaves the batch open, or fixes it', () => {
    expect(summary(graph).inputDimensions).toEqual(['N', 2, 4, 6]);
    expect(summary(graph).outputDimensions).toEqual(['N', 3]);
    expect(summary(graph, { batch: 1 }).inputDimensions).toEqual([1, 2, 4, 6]);
  });

  test('asks for opset 13', () => {
    expect(summary(graph).opset).toBe(13);
  });

  describe('with exact sums', () => {
    const net = new GraphBuilder();
    const image = net.input({ height: 3, width: 3, channels: 2 });
    const stem = net.conv(image, f32Tensor([4, 2, 2, 2], new Float32Array(32).fill(0.5)), { name: 'stem', pad: 1 });
    const logits = net.conv(net.sign(stem), { dtype: 'bits', shape: [1, 1, 1, 4], data: packBits(4, () => true) });
    net.conv(logits, f32Tensor([1, 1, 1, 1], Float32Array.of(2)), { name: 'head' });
    const count = (isExact: boolean, operator: string): number =>
      readOnnx(exportOnnx({ graph: net.build(), info: INFO }, { isExact })).operators.filter((it) => it === operator)
        .length;

    test('writes a product and a sum for each tap of a float convolution that a sign depends on, and no other', () => {
      expect([count(false, 'Conv'), count(false, 'Mul')]).toEqual([3, 0]);
      expect([count(true, 'Conv'), count(true, 'Mul'), count(true, 'Slice')]).toEqual([2, 8, 8]);
      expect(count(true, 'Add')).toBe(7);
    });
  });

  test('with exact sums writes a mean over a map that a sign depends on as running sums, and no other', () => {
    const net = new GraphBuilder();
    const image = net.input({ height: 3, width: 5, channels: 4 });
    const factors = net.sigmoid(net.globalAvgPool(image));
    const signs = net.sign(net.scale(image, factors));
    const y = net.conv(signs, { dtype: 'bits', shape: [4, 1, 1, 4], data: packBits(16, () => true) });
    net.globalAvgPool(y);
    const count = (isExact: boolean, operator: string): number =>
      readOnnx(exportOnnx({ graph: net.build(), info: INFO }, { isExact })).operators.filter((it) => it === operator)
        .length;
    expect([count(false, 'GlobalAveragePool'), count(false, 'CumSum')]).toEqual([2, 0]);
    expect([count(true, 'GlobalAveragePool'), count(true, 'CumSum'), count(true, 'Div')]).toEqual([1, 1, 1]);
  });

  test('puts constants first, where no engine folds them into a convolution', () => {
    const net = new GraphBuilder();
    const sums = net.conv(
      net.sign(net.input({ height: 2, width: 2, channels: 1 })),
      f32Tensor([1, 1, 1, 1], Float32Array.of(1)),
    );
    net.affine(sums, Float32Array.of(0.3), Float32Array.of(0.7));
    const { operators, inputs, initializers } = readOnnx(exportOnnx({ graph: net.build(), info: INFO }));
    const constants = new Set(Object.keys(initializers));
    for (const operator of ['Mul', 'Add']) {
      const [first, second] = inputs[operators.indexOf(operator)]!;
      expect([constants.has(first!), constants.has(second!)], operator).toEqual([true, false]);
    }
  });

  test('gives the same bytes for the same model', () => {
    expect(exportOnnx({ graph, info: INFO })).toEqual(exportOnnx({ graph, info: INFO }));
  });

  test('keeps names apart where nodes have the same one', () => {
    const twice = new GraphBuilder();
    const one = f32Tensor([1, 1, 1, 1], Float32Array.of(2));
    const first = twice.conv(twice.input({ height: 2, width: 2, channels: 1 }), one, { name: 'conv' });
    twice.conv(first, one, { name: 'conv' });
    const { outputs, initializers } = summary(twice.build());
    expect(new Set(outputs).size).toBe(outputs.length);
    expect(Object.keys(initializers)).toHaveLength(2);
  });

  test('refuses a graph without meaning', () => {
    const broken: Graph = { tensors: [], nodes: [graph.nodes[0]!, { op: 'add', inputs: [0] }] };
    expect(() => exportOnnx({ graph: broken, info: INFO })).toThrow(expect.objectContaining({ code: 'E_GRAPH' }));
  });
});
