import { f32Tensor, SignwaveError, type Value } from '@signwave/format';
import { withBorderTerm } from '../border-term.js';
import { checkSigns, type NetworkBuilder } from '../network-builder.js';
import type { MethodConv, ResidualStyle } from '../residual-block.js';
import { bitFilters } from '../state.js';
import { centred, perFilter, sum } from '../weight-rules.js';

/** Weights of two levels: a * sign + b, for each filter. */
interface TwoLevels {
  readonly distance: Float32Array;
  readonly centre: Float32Array;
  /** (O, I, kh, kw). */
  readonly signs: Float32Array;
}

/**
 * `AdaBin_Conv2d` of github.com/huawei-noah/Efficient-Computing (BinaryNetworks/AdaBin, utils/binarylib.py). Activations and weights have two
 * levels each, not at -1 and +1: with signs s and t
 *
 *   activation = |A| s + A B,  s = sign(x - B)         A, B: learned, one each for the layer
 *   weight     = a[o] t + b[o]                         b: mean, a: deviation of the filter's latent weights
 *
 *   sum = |A| a[o] (s * t) + |A| b[o] (s * 1) + A B (a[o] sum of t + b[o] number of taps)
 *
 * where * is the convolution. A pad is neither level but 0, so the last term, all constants, depends on which taps lie on the map: one value
 * for each border class of a pixel. A negative A turns s around: hence |A| in the terms that have s.
 */
export const adaBinConv: MethodConv = (g, x, name, { outChannels, kernel = 3, stride = 1 }) => {
  const operand = g.shapeOf(x);
  const pad = Math.floor(kernel / 2);
  const window = { stride, pad };
  let levels: TwoLevels | undefined;
  const weights = g.state.filters({
    name: `${name}.weight`,
    shape: [outChannels, operand.channels, kernel, kernel],
    pack(values, request) {
      const latent = { name: request.name, values, shape: request.shape };
      const signs = centred(latent);
      checkSigns(signs, request.name);
      levels = {
        signs,
        centre: perFilter(values, request.shape, (filter) => sum(filter) / filter.length),
        distance: perFilter(signs, request.shape, (filter) => Math.sqrt(sum(filter, (w) => w * w) / filter.length)),
      };
      return bitFilters(signs, request);
    },
  });
  const distance = g.state.take(`${name}.binary_a.alpha_a`, [])[0]!;
  const centre = g.state.take(`${name}.binary_a.beta_a`, [])[0]!;
  if (distance === 0) {
    throw new SignwaveError(
      'E_CHECKPOINT_TENSOR',
      `tensor "${name}.binary_a.alpha_a" is 0: AdaBin divides by it, so the layer has no output`,
    );
  }
  const bits = g.sign(x, { threshold: new Float32Array(operand.channels).fill(centre) });
  const sums = g.conv(bits, weights, { name, ...window });
  if (!levels) return sums; // Recording: only the tensors' names count.
  const { signs, ...two } = levels;
  const magnitude = Math.abs(distance);
  const product = g.affine(
    sums,
    two.distance.map((a) => magnitude * a),
  );
  const spread = f32Tensor(
    [outChannels, 1, 1, 1],
    two.centre.map((b) => magnitude * b),
  );
  const box = g.conv(g.conv(bits, onesFilter(operand.channels, kernel), window), spread);
  return withBorderTerm(g, g.add(product, box), { ...window, kernel, operand }, (inside) =>
    constantPart({ signs, ...two }, operand.channels, inside).map((term) => distance * centre * term),
  );
};

/** A single filter of ones, which sums the activations under the kernel. */
function onesFilter(channels: number, kernel: number) {
  const request = { name: '', shape: [1, channels, kernel, kernel] as const, pack: bitFilters };
  return bitFilters(new Float32Array(channels * kernel * kernel).fill(1), request);
}

/**
 * a[o] sum of t + b[o] number of taps, over the taps inside the map. @param inside tells which of the kernel's (kh, kw) positions are
 * inside.
 */
function constantPart(
  { distance, centre, signs }: TwoLevels,
  channels: number,
  inside: readonly boolean[],
): Float32Array {
  const perChannel = inside.length;
  const count = channels * inside.filter(Boolean).length;
  return distance.map((a, o) => {
    let total = 0;
    for (let i = 0; i < channels * perChannel; i++) {
      if (inside[i % perChannel]) total += Math.sign(signs[o * channels * perChannel + i]!);
    }
    return a * total + centre[o]! * count;
  });
}

/** `Maxout`: on either side of 0, channels have slopes of their own. */
export function maxout(g: NetworkBuilder, x: Value, name: string): Value {
  const { channels } = g.shapeOf(x);
  return g.prelu(x, g.state.take(`${name}.neg_scale`, [channels]), g.state.take(`${name}.pos_scale`, [channels]));
}

/** maxout(bn(x) + shortcut). */
export const adaBinFinish: ResidualStyle['finish'] = (g, x, at, index, shortcut) => {
  const norm = g.batchNorm(x, `${at}bn${index}`);
  return maxout(g, shortcut === undefined ? norm : g.add(norm, shortcut), `${at}nonlinear${index}`);
};
