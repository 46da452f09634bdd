import { f32Tensor, GraphBuilder } from '@signwave/format';
import { expect, test } from 'vitest';

const shape = { height: 4, width: 4, channels: 2 };

test('a conv without options has stride and dilation 1, no pads and no name', () => {
  const g = new GraphBuilder();
  g.conv(g.input(shape), f32Tensor([1, 1, 1, 2], Float32Array.of(1, 2)));
  expect(g.build().nodes).toEqual([
    { op: 'input', inputs: [], ...shape },
    {
      op: 'conv',
      inputs: [0],
      weights: 0,
      groups: 1,
      stride: { height: 1, width: 1 },
      dilation: { height: 1, width: 1 },
      pads: { top: 0, left: 0, bottom: 0, right: 0 },
    },
  ]);
});

test('pools step by their window unless told otherwise, and count pads as PyTorch does', () => {
  const g = new GraphBuilder();
  const x = g.input(shape);
  g.maxPool(x, 2);
  g.avgPool(x, 3, { stride: 1, pad: 1, countPads: false });
  g.avgPool(x, 2);
  const two = { height: 2, width: 2 };
  expect(g.build().nodes.slice(1)).toMatchObject([
    { op: 'maxPool', window: two, stride: two, countPads: false, ceilMode: false },
    {
      op: 'avgPool',
      stride: { height: 1, width: 1 },
      pads: { top: 1, left: 1, bottom: 1, right: 1 },
      countPads: false,
    },
    { op: 'avgPool', window: two, stride: two, countPads: true },
  ]);
});

test('a sign gives +1 at 0 where PyTorch gives 0', () => {
  const g = new GraphBuilder();
  g.sign(g.input(shape));
  expect(g.build().nodes[1]).toEqual({ op: 'sign', inputs: [0], zeroRule: 'plus', sourceZeroRule: 'zero' });
});

test('tensors are numbered in the order in which they are given', () => {
  const g = new GraphBuilder();
  let x = g.affine(g.input(shape), Float32Array.of(1, 2), Float32Array.of(3, 4));
  x = g.prelu(x, Float32Array.of(5, 6));
  g.sign(x, { threshold: Float32Array.of(7, 8) });
  const { nodes, tensors } = g.build();
  expect(nodes.slice(1)).toMatchObject([{ coefficients: 0 }, { slopes: 1 }, { threshold: 2 }]);
  const values = tensors.map(({ data }) => [...new Float32Array(data.slice().buffer)]);
  expect(values).toEqual([
    [1, 2, 3, 4],
    [5, 6, 1, 1],
    [7, 8],
  ]);
});

test('an affine without bias adds 0', () => {
  const g = new GraphBuilder();
  g.affine(g.input(shape), Float32Array.of(1, 2));
  expect([...new Float32Array(g.build().tensors[0]!.data.slice().buffer)]).toEqual([1, 2, 0, 0]);
});

test('an operation may be given by its name, with its tensor', () => {
  const [g, h] = [new GraphBuilder(), new GraphBuilder()];
  const weights = f32Tensor([1, 1, 1, 2], Float32Array.of(1, 2));
  g.linear(g.globalAvgPool(g.input(shape)), weights);
  h.node('linear', [h.node('globalAvgPool', [h.input(shape)], {})], { weights });
  expect(h.build()).toEqual(g.build());
});

test('relu is a clip without end', () => {
  const g = new GraphBuilder();
  g.hardtanh(g.relu(g.input(shape)));
  expect(g.build().nodes.slice(1)).toMatchObject([
    { op: 'clip', lo: 0, hi: Number.POSITIVE_INFINITY },
    { op: 'clip', lo: -1, hi: 1 },
  ]);
});

test('a graph that was built does not grow with its builder', () => {
  const g = new GraphBuilder();
  const x = g.input(shape);
  const graph = g.build();
  g.flatten(x);
  expect(graph.nodes.length).toBe(1);
});
