import type { MakeWeightQuantizer } from '../quantizers/types.js';
import type { Scalar, Tensor, Tensor2D, Tensor4D, Tf } from '../types.js';
import type { Method } from './method.js';
import { withTau } from './preset.js';
import { recu } from './recu.js';

/** Weight of the tree's length; the abstract has none. */
const TAU = 1e-6;

/**
 * After the abstract of MST-compression (Vo, Tran, Bae, Kim, Hong, ICCV 2023), and no reproduction. An output channel can be computed from
 * another one, by the weights in which their filters differ. So the sum of these differences along a minimum spanning tree of a layer's
 * filters is what is left to compute, and training makes it smaller. How, is our reading:
 *
 * - Before each epoch, the tree under Hamming distance is found for the present signs b of each layer's filters.
 * - loss = sum over the tree's edges (i, j) and the weights n of (1 - b_i,n b_j,n)/2, the number of differing weights; the signs pass its
 *   gradient on to the latent weights as it is.
 *
 * The networks are ReCU's: its own, with 93.2 % on CIFAR-10, isn't described.
 */
const weights: MakeWeightQuantizer = (tf, options, layer) => {
  const quantize = recu.weights(tf, options, layer);
  const [filters] = layer.shape;
  const latent = layer.weight as unknown as Tensor4D;
  const edgesTensor = (edges: Int32Array): Tensor => tf.tensor2d(edges, [filters - 1, 2], 'int32');
  const tree = layer.buffer('tree', edgesTensor(chain(filters)));
  layer.beforeEpoch(async (phase) => {
    const signs = tf.tidy(() => quantize(latent, phase, false));
    const values = (await signs.data()) as Float32Array;
    signs.dispose();
    tree.set(edgesTensor(spanningTree(values, filters)));
  });
  layer.loss((phase) => treeLength(tf, latent, (w) => quantize(w, phase, false), tree.get() as Tensor2D));
  return quantize;
};

/** @param quantize gives the signs b of latent weights (O, I, kh, kw). @param edges (O - 1, 2), int32. */
function treeLength(tf: Tf, latent: Tensor4D, quantize: (w: Tensor4D) => Tensor4D, edges: Tensor2D): Scalar {
  const [filters] = latent.shape;
  const taps = latent.size / filters;
  const operation = tf.customGrad((x, save) => {
    const b = tf.reshape(quantize(x as Tensor4D), [filters, taps]) as Tensor2D;
    // Cast, because the wasm back end's one-hot vectors of floats hold the bits of integers.
    const ends = tf.unstack(edges, 1).map((end) => tf.cast(tf.oneHot(end, filters), 'float32') as Tensor2D);
    const oneWay = tf.matMul(ends[0]!, ends[1]!, true);
    const neighbours = tf.matMul(tf.add(oneWay, tf.transpose(oneWay)) as Tensor2D, b);
    (save as (tensors: Tensor[]) => void)([neighbours]);
    // Each edge is in the sum twice.
    const products = tf.div(tf.sum(tf.sum(tf.mul(b, neighbours), 1)), 2);
    return {
      value: tf.div(tf.sub((filters - 1) * taps, products), 2) as Scalar,
      gradFunc: (dy: Tensor, saved: Tensor[]) => tf.reshape(tf.mul(saved[0]!, tf.div(dy, -2)), latent.shape),
    };
  });
  return operation(latent) as Scalar;
}

/** The tree in which each filter follows the one before: (O - 1, 2). */
const chain = (filters: number): Int32Array => Int32Array.from({ length: 2 * (filters - 1) }, (_, i) => (i + 1) >> 1);

/**
 * Prim's algorithm from filter 0. Of equally near filters the first is taken.
 *
 * @param signs (O, I, kh, kw); what isn't positive counts as -1.
 * @returns the tree's edges, (O - 1, 2).
 */
export function spanningTree(signs: Float32Array, filters: number): Int32Array {
  const bits = packedSigns(signs, filters);
  const edges = new Int32Array(2 * (filters - 1));
  const distances = new Float64Array(filters).fill(Number.POSITIVE_INFINITY);
  const nearest = new Int32Array(filters);
  const outside = new Set(Array.from({ length: filters - 1 }, (_, i) => i + 1));
  let added = 0;
  for (let edge = 0; edge < filters - 1; edge++) {
    let closest = -1;
    for (const other of outside) {
      const distance = hammingDistance(bits[added]!, bits[other]!);
      if (distance < distances[other]!) {
        distances[other] = distance;
        nearest[other] = added;
      }
      if (closest < 0 || distances[other]! < distances[closest]!) closest = other;
    }
    edges[2 * edge] = nearest[closest]!;
    edges[2 * edge + 1] = closest;
    outside.delete(closest);
    added = closest;
  }
  return edges;
}

/** For each filter one bit for each weight, set where it is positive. */
function packedSigns(signs: Float32Array, filters: number): Uint32Array[] {
  const taps = signs.length / filters;
  return Array.from({ length: filters }, (_, o) => {
    const words = new Uint32Array(Math.ceil(taps / 32));
    for (let i = 0; i < taps; i++) if (signs[o * taps + i]! > 0) words[i >> 5]! |= 1 << (i & 31);
    return words;
  });
}

function hammingDistance(a: Uint32Array, b: Uint32Array): number {
  let distance = 0;
  for (let i = 0; i < a.length; i++) distance += bitCount(a[i]! ^ b[i]!);
  return distance;
}

/** Number of bits that are set, by sums over pairs, fours and bytes. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

export const mst: Method = {
  ...recu,
  title: 'MST-compression, after the abstract (Vo et al., ICCV 2023)',
  evidence: 'abstract',
  source: 'arXiv:2308.13735',
  weights,
  preset: (place) => withTau(recu.preset(place), TAU),
};
