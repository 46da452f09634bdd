import { GraphBuilder } from '@signwave/format';
import { Reference } from '@signwave/reference';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { bits, randomFloats, randomSigns, tensor } from '../../../reference/test/graphs.js';
import { seededRandom } from '../../../test/seeded-random.js';
import { requireEqual } from '../../src/check.js';
import { tfjsNetwork } from '../../src/peers/tfjs-network.js';

const next = seededRandom(1);
const floats = (count: number): Float32Array => randomFloats(count, next);

test('a network of every operation that it has gives what the reference gives', async () => {
  await tf.setBackend('cpu');
  const g = new GraphBuilder();
  let x = g.input({ height: 9, width: 9, channels: 3 });
  x = g.maxPool(g.relu(g.conv(x, tensor([8, 3, 3, 3], floats(216)), { pad: 1 })), 3, { stride: 2, pad: 1 });
  const y = g.conv(g.sign(x, { threshold: floats(8) }), bits([8, 3, 3, 8], randomSigns(576, next)), {
    pad: 1,
    stride: 2,
  });
  const z = g.prelu(g.affine(y, floats(8), floats(8)), floats(8));
  const shortcut = g.sliceSpatial(g.padChannels(x, 2, 3), 2);
  const pads = { top: 0, left: 1, bottom: 1, right: 0 };
  let w = g.concat(g.hardtanh(z), shortcut);
  w = g.add(w, g.conv(w, tensor([21, 2, 2, 21], floats(1764)), { pad: pads }));
  w = g.borderBias(w, tensor([1, 3, 2, 21], floats(126)), 1, 1);
  w = g.clip(g.avgPool(w, 3, { stride: 2, pad: 1, countPads: false }), -2, 2);
  w = g.conv(w, tensor([42, 3, 3, 1], floats(378)), { pad: 1, groups: 21 });
  w = g.multiply(w, g.scale(w, g.sigmoid(g.linear(g.globalAvgPool(w), tensor([42, 1, 1, 42], floats(1764))))));
  g.linear(g.globalAvgPool(w), tensor([5, 1, 1, 42], floats(210)));
  const graph = g.build();
  const input = floats(243);
  const before = tf.memory().numTensors;
  const { run, release } = tfjsNetwork(tf, graph, input);
  requireEqual('TensorFlow.js', run(), new Reference(graph).run(input), 1e-5);
  release();
  expect(tf.memory().numTensors).toBe(before);
});

test('what it has no function for is refused', () => {
  const g = new GraphBuilder();
  g.sampleMean(g.input({ height: 2, width: 2, channels: 2 }));
  expect(() => tfjsNetwork(tf, g.build(), new Float32Array(8))).toThrow('no function for sampleMean');
  const grouped = new GraphBuilder();
  grouped.conv(grouped.input({ height: 2, width: 2, channels: 4 }), tensor([2, 1, 1, 2], floats(4)), { groups: 2 });
  expect(() => tfjsNetwork(tf, grouped.build(), new Float32Array(16))).toThrow('no function for conv with 2 groups');
});
