import { Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { buildGraph } from '../src/models/architecture.js';
import { parseNetworkJson } from '../src/models/own-network-json.js';
import { LoadedState } from '../src/models/state.js';

const [CHANNELS, FILTERS] = [5, 3];
/** Values that look random, of both signs, none of them 0. */
const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 + seed) || 1);
/** What JSON gives if an option is absent. */
type Options = Readonly<Record<string, unknown>>;

function network(options: Options) {
  const layer = { op: 'binaryConv', name: 'conv', outChannels: FILTERS, weights: 'sign', ...options };
  const text = JSON.stringify({ name: 'net', classifier: 'fc', input: [6, 5, CHANNELS], layers: [layer] });
  return parseNetworkJson(text, 'net.json');
}

/** The layer's result by its definition: every tap of every pixel, pads included. */
function expected(image: Float32Array, weights: Float32Array, { kernel, stride, padValue }: Record<string, number>) {
  const pad = Math.floor(kernel! / 2);
  const at = (y: number, x: number, c: number): number =>
    y < 0 || y >= 6 || x < 0 || x >= 5 ? padValue! : Math.sign(image[(y * 5 + x) * CHANNELS + c]!);
  const sums: number[] = [];
  for (let y = -pad; y + kernel! <= 6 + pad; y += stride!) {
    for (let x = -pad; x + kernel! <= 5 + pad; x += stride!) {
      for (let o = 0; o < FILTERS; o++) {
        let sum = 0;
        for (let c = 0; c < CHANNELS; c++) {
          for (let tap = 0; tap < kernel! ** 2; tap++) {
            const w = Math.sign(weights[(o * CHANNELS + c) * kernel! ** 2 + tap]!);
            sum += w * at(y + Math.floor(tap / kernel!), x + (tap % kernel!), c);
          }
        }
        sums.push(sum);
      }
    }
  }
  return sums;
}

describe('a binary convolution of an own network', () => {
  const image = noise(6 * 5 * CHANNELS, 2);
  test.each([
    { padValue: 1, kernel: 3, stride: 1 },
    { padValue: -1, kernel: 3, stride: 1 },
    { padValue: -1, kernel: 3, stride: 2 },
    { padValue: 1, kernel: 5, stride: 2 },
    { padValue: 0, kernel: 3, stride: 1 },
  ])('has the sums of signs that are padded: %o', (options) => {
    const weights = noise(FILTERS * CHANNELS * options.kernel ** 2, 1);
    const state = new LoadedState(new Map([['conv.weight', weights]]), 'net.pth');
    const graph = buildGraph(network(options), state, { omega0: 0, classes: 2 });
    expect([...new Reference(graph).run(image)]).toEqual(expected(image, weights, options));
  });

  test('counts a weight of 0 as nothing on pads, too', () => {
    const weights = noise(FILTERS * CHANNELS * 9, 1);
    weights[4] = 0;
    weights[9] = 0;
    const state = new LoadedState(new Map([['conv.weight', weights]]), 'net.pth');
    const options = { padValue: -1, kernel: 3, stride: 1 };
    // In a layer as small as this, two are more than rounding makes.
    expect(() => buildGraph(network(options), state, { omega0: 0, classes: 2 })).toThrow(/2 weights whose sign is 0/);
    weights[9] = 1;
    const graph = buildGraph(network(options), state, { omega0: 0, classes: 2 });
    expect([...new Reference(graph).run(image)]).toEqual(expected(image, weights, options));
  });

  test('takes no other pads than 0, 1 and -1', () => {
    expect(() => network({ padValue: 2 })).toThrow(/needs padValue, 0, 1 or -1; found 2/);
  });
});
