import { describe, expect, test, vi } from 'vitest';
import { DEFAULT_FAMILY, FAMILIES } from '../src/families.js';
import { MORE_LAYERS, timedLayer } from '../src/layer-networks.js';
import { layerContestant, ownLayers, readyLayer, releaseLayer } from '../src/measure/layer-times.js';
import type { Runnable } from '../src/peers/peer.js';
import type { LayerShape } from '../src/shapes.js';

const SHAPE = { height: 8, width: 8, inChannels: 6, outChannels: 4, kernel: 3, stride: 1, pad: 1, groups: 2 };

describe('a layer by itself', () => {
  const timeOf = async (longerMs: number, shorterMs: number): Promise<number> => {
    let clock = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const takes = (ms: number): Runnable => ({
      work: {
        run: () => {
          clock += ms;
        },
      },
      release: () => undefined,
    });
    const layer = { single: takes(0), longer: takes(longerMs), shorter: takes(shorterMs) };
    const { medianMs } = layerContestant('it', layer) as { medianMs(runs: number): Promise<number> };
    return medianMs(5).finally(() => vi.restoreAllMocks());
  };

  test('takes what more layers of it take, divided by how many more there are', async () => {
    expect(await timeOf(2 + MORE_LAYERS * 0.5, 2)).toBeCloseTo(0.5);
  });

  test('takes nothing where all the time goes into what is around it', async () => {
    expect(await timeOf(2, 2)).toBe(0);
  });
});

describe.each(FAMILIES)('$title', (family) => {
  test.each(['bits', 'floats'] as const)('runs layers of %s whose outputs it has checked', async (activations) => {
    for (const outChannels of [4, 6]) {
      const shape: LayerShape = { ...SHAPE, outChannels, activations };
      const ready = await readyLayer(timedLayer(shape, 1), (network) => ownLayers(network, family));
      expect(typeof ready).toBe('object');
      if (typeof ready === 'object') await releaseLayer(ready);
    }
  });

  test('does not time layers whose output is wrong by one', async () => {
    const { longer } = timedLayer({ ...SHAPE, activations: 'bits' }, 1);
    const expected = longer.expected.map((value, i) => (i === 3 ? -value : value));
    await expect(ownLayers({ ...longer, expected }, family)).rejects.toThrow(/nothing was timed/);
  });
});

test('an engine that can not run a layer says why', async () => {
  const layer = timedLayer({ ...SHAPE, activations: 'bits' }, 1);
  expect(await readyLayer(layer, async () => 'no')).toBe('no');
  expect(await readyLayer(layer, (network) => ownLayers(network, DEFAULT_FAMILY))).toHaveProperty('shorter');
});
