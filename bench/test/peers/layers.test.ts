import { describe, expect, test } from 'vitest';
import { makeLayer } from '../../src/layer.js';
import { onnxRuntimePeers } from '../../src/peers/onnxruntime.js';
import { isMissing, type Peer } from '../../src/peers/peer.js';
import { tfjsPeer } from '../../src/peers/tfjs.js';
import type { LayerShape } from '../../src/shapes.js';

const BINARY = { height: 6, width: 5, inChannels: 16, outChannels: 24, kernel: 3, stride: 1, pad: 1 } as const;
const SHAPES: readonly LayerShape[] = [
  { ...BINARY, groups: 1, activations: 'bits' },
  { ...BINARY, groups: 1, activations: 'bits', stride: 2, kernel: 5, pad: 2 },
  { ...BINARY, groups: 8, activations: 'bits' },
  { ...BINARY, groups: 1, activations: 'floats' },
];

// First, see onnxRuntimePeers; it refuses a native session that is WebAssembly.
const native = await onnxRuntimePeers('node');
const found = [...(await onnxRuntimePeers('web')), ...native, await tfjsPeer()];

describe.each(found.map((peer) => ({ peer, name: peer.title })))('$name', ({ peer }) => {
  test.skipIf(isMissing(peer))('prepares layers whose outputs it has checked, or says why not', async () => {
    const answers = [];
    for (const [i, shape] of SHAPES.entries()) {
      const ready = await (peer as Peer).layer!(makeLayer(shape, i));
      if (typeof ready === 'string') answers.push(ready);
      else {
        if ('run' in ready.work) await ready.work.run();
        await ready.release();
        answers.push('ready');
      }
    }
    const floats = peer.id.endsWith('int8') ? 'float activations' : 'ready';
    const groups = peer.id.startsWith('tfjs') ? 'tf.conv2d has no groups' : 'ready';
    expect(answers).toEqual(['ready', 'ready', groups, floats]);
  });

  test.skipIf(isMissing(peer))('refuses a layer that has to give something else', async () => {
    const layer = makeLayer(SHAPES[0]!, 1);
    // As far as a byte of int8 can tell: its outputs are rounded to steps.
    const expected = layer.expected.map((value, i) => (i === 7 ? value + 40 : value));
    await expect((peer as Peer).layer!({ ...layer, expected })).rejects.toThrow(/nothing was timed/);
  });
});

test('the peers of --peers web are there', () => {
  expect(found.filter(isMissing).filter(({ id }) => !id.startsWith('ort-node'))).toEqual([]);
});
