import { expect, test } from 'vitest';
import { makeLayer } from '../src/layer.js';
import { quantizedLayer, quantizeOutputs, toBytes } from '../src/peers/qlinear-conv.js';

const SHAPE = { height: 4, width: 4, inChannels: 8, outChannels: 8, kernel: 3, stride: 1, pad: 1, groups: 1 } as const;

test('bytes of the input lie around the byte that stands for zero', () => {
  expect([...toBytes(Float32Array.of(-1, 0, 1))]).toEqual([127, 128, 129]);
});

test('the scale of the output is the least power of two with which all outputs fit into a byte', () => {
  const { weights } = makeLayer({ ...SHAPE, activations: 'bits' }, 1);
  const scaleFor = (largest: number): number =>
    quantizedLayer({ ...SHAPE, activations: 'bits' }, weights, largest).outputScale;
  expect([0, 1, 127, 128, 254, 255].map(scaleFor)).toEqual([1, 1, 1, 2, 2, 4]);
});

test('outputs are rounded to steps, halves to the even one', () => {
  expect([...quantizeOutputs(Float32Array.of(-6, -5, -2, 0, 2, 3, 6, 7), 4)].map((byte) => byte - 128)).toEqual([
    -2, -1, 0, 0, 0, 1, 2, 2,
  ]);
});
