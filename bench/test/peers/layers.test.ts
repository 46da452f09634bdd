import { describe, expect, test } from 'vitest';
import { timedLayer } from '../../src/layer-networks.js';
import { readyLayer, releaseLayer } from '../../src/measure/layer-times.js';
import { onnxRuntimePeers } from '../../src/peers/onnxruntime.js';
import { isMissing, type Peer } from '../../src/peers/peer.js';
import { tfjsPeer } from '../../src/peers/tfjs.js';
import type { LayerShape } from '../../src/shapes.js';

const BINARY = { height: 6, width: 5, inChannels: 16, outChannels: 24, kernel: 3, stride: 1, pad: 1 } as const;
const SHAPES: readonly LayerShape[] = [
  { ...BINARY, groups: 1, activations: 'bits' },
  { ...BINARY, groups: 1, activations: 'bits', outChannels: 16 },
  { ...BINARY, groups: 1, activations: 'bits', stride: 2, kernel: 5, pad: 2 },
  { ...BINARY, groups: 8, activations: 'bits' },
  { ...BINARY, inChannels: 15, outChannels: 15, groups: 3, activations: 'bits' },
  { ...BINARY, groups: 1, activations: 'floats' },
  { ...BINARY, groups: 1, activations: 'floats', outChannels: 16 },
];

// First, see onnxRuntimePeers; it refuses a native session that is WebAssembly.
const native = await onnxRuntimePeers('node');
const found = [...(await onnxRuntimePeers('web')), ...native, await tfjsPeer()];

describe.each(found.map((peer) => ({ peer, name: peer.title })))('$name', ({ peer }) => {
  test.skipIf(isMissing(peer))('prepares layers whose outputs it has checked, or says why not', async () => {
    const answers = [];
    for (const [i, shape] of SHAPES.entries()) {
      const ready = await readyLayer(timedLayer(shape, i), (network) => (peer as Peer).layers!(network));
      if (typeof ready === 'string') answers.push(ready);
      else {
        await ready.longer.work.run();
        await releaseLayer(ready);
        answers.push('ready');
      }
    }
    const floats = peer.id.endsWith('int8') ? 'float activations' : 'ready';
    const groups = peer.id.startsWith('tfjs') ? 'tf.conv2d has no groups' : 'ready';
    expect(answers).toEqual(['ready', 'ready', 'ready', groups, groups, floats, floats]);
  });

  test.skipIf(isMissing(peer))('refuses layers that have to give something else', async () => {
    const { longer } = timedLayer(SHAPES[0]!, 1);
    const expected = longer.expected.map((value, i) => (i === 7 ? -value : value));
    await expect((peer as Peer).layers!({ ...longer, expected })).rejects.toThrow(/nothing was timed/);
  });
});

test('the peers of --peers web are there', () => {
  expect(found.filter(isMissing).filter(({ id }) => !id.startsWith('ort-node'))).toEqual([]);
});
