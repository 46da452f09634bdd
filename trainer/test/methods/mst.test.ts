import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { LayerStore } from '../../src/layers/layer-store.js';
import { METHODS, type Method } from '../../src/methods/index.js';
import { spanningTree } from '../../src/methods/mst.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor4D, Tf } from '../../src/types.js';

const mst: Method = METHODS.mst;
const PHASE = { stage: '1', progress: 0 } as const;

/** Latents of `filters` filters with `taps` weights each. */
function latents(filters: number, taps: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: filters * taps }, () => random.next() - 0.5);
}

function distance(signs: ArrayLike<number>, taps: number, i: number, j: number): number {
  let differing = 0;
  for (let n = 0; n < taps; n++) if (signs[i * taps + n]! > 0 !== signs[j * taps + n]! > 0) differing++;
  return differing;
}

/** Length of a minimum spanning tree by Kruskal's algorithm. */
function shortestLength(signs: ArrayLike<number>, filters: number, taps: number): number {
  const pairs = Array.from({ length: filters }, (_, i) => Array.from({ length: i }, (_value, j) => [i, j] as const));
  const edges = pairs.flat().map(([i, j]) => ({ i, j, length: distance(signs, taps, i, j) }));
  const group = Array.from({ length: filters }, (_, i) => i);
  let total = 0;
  for (const { i, j, length } of edges.sort((a, b) => a.length - b.length)) {
    const [from, to] = [group[i]!, group[j]!];
    if (from === to) continue;
    total += length;
    group.forEach((g, k) => {
      if (g === from) group[k] = to;
    });
  }
  return total;
}

const edgesOf = (tree: ArrayLike<number>): [number, number][] =>
  Array.from({ length: tree.length / 2 }, (_, e) => [tree[2 * e]!, tree[2 * e + 1]!]);

describe('the spanning tree of filters', () => {
  test.each([
    [1, 9],
    [2, 31],
    [7, 32],
    [24, 100],
    [16, 27],
  ])('of %d filters with %d weights is as short as any', (filters, taps) => {
    for (const seed of [1, 2, 3]) {
      const signs = latents(filters, taps, seed);
      const edges = edgesOf(spanningTree(signs, filters));
      const reached = new Set([0]);
      for (const [from, to] of edges) {
        expect(reached.has(from) && !reached.has(to)).toBe(true);
        reached.add(to);
      }
      expect(reached.size).toBe(filters);
      const length = edges.reduce((sum, [i, j]) => sum + distance(signs, taps, i, j), 0);
      expect(length).toBe(shortestLength(signs, filters, taps));
    }
  });

  test('leads to equal filters in their order', () => {
    expect(edgesOf(spanningTree(new Float32Array(12).fill(1), 4))).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
  });
});

describe.each(['wasm', 'cpu'] as const)('MST-compression after its abstract, on %s', (backend) => {
  const SHAPE = [5, 3, 2, 2] as const;
  const TAPS = 12;
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  function layer() {
    const store = new LayerStore({ tf }, seededRandom(1));
    const initial = latents(5, TAPS, 7);
    const weight = store.parameter('conv.weight', SHAPE, () => initial);
    const quantize = mst.weights(tf, { omega0: 20, options: {} }, store.binaryLayer('conv', SHAPE, weight, initial));
    const signs = () => quantize(weight as unknown as Tensor4D, PHASE, false).data();
    const tree = store.buffers.find(({ name }) => name === 'conv.tree')!;
    return { store, weight, signs, tree };
  }

  test('finds the tree of the present signs before each epoch, and keeps it in the state dict', async () => {
    const { store, weight, signs, tree } = layer();
    expect(edgesOf(await tree.get().data())).toEqual([0, 1, 2, 3].map((i) => [i, i + 1]));
    for (const seed of [7, 8]) {
      weight.assign(tf.tensor4d(latents(5, TAPS, seed), [...SHAPE]));
      for (const task of store.beforeEpoch) await task(PHASE);
      expect(tree.get().dtype).toBe('int32');
      expect(Array.from(await tree.get().data())).toEqual(Array.from(spanningTree((await signs()) as Float32Array, 5)));
    }
  });

  test('adds the number of weights in which filters differ along the tree', async () => {
    const { store, weight, signs, tree } = layer();
    for (const task of store.beforeEpoch) await task(PHASE);
    const edges = edgesOf(await tree.get().data());
    const b = Array.from(await signs());
    const { value, grads } = tf.variableGrads(() => store.losses[0]!(PHASE), [weight]);
    expect((await value.data())[0]).toBe(edges.reduce((sum, [i, j]) => sum + distance(b, TAPS, i, j), 0));
    // Of (1 - b_i b_j)/2, as if the signs were the latent weights.
    const expected = b.map((_, at) => {
      const [filter, n] = [Math.floor(at / TAPS), at % TAPS];
      const others = edges.filter((edge) => edge.includes(filter)).map(([i, j]) => (i === filter ? j : i));
      return others.reduce((sum, other) => sum - b[other * TAPS + n]! / 2, 0);
    });
    expect(Array.from(await grads[weight.name]!.data(), (g) => g + 0)).toEqual(expected.map((g) => g + 0));
  });
});

test('MST-compression says that it rests on an abstract', () => {
  expect(mst).toMatchObject({ evidence: 'abstract', title: expect.stringContaining('after the abstract') });
});
