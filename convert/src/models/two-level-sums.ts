import { f32Tensor, type Value } from '@signwave/format';
import { withBorderTerm } from './border-term.js';
import { checkSigns, type NetworkBuilder } from './network-builder.js';
import type { MethodConvOptions } from './residual-block.js';
import { bitFilters } from './state.js';
import type { LatentWeights } from './weight-rules.js';

/** Weights of two levels: distance * sign + centre, for each filter. */
export interface TwoLevels {
  readonly distance: Float32Array;
  readonly centre: Float32Array;
  /** (O, I, kh, kw): numbers whose signs count. */
  readonly signs: Float32Array;
}

/** Activations of equal distances: distance * (sum of the maps) + centre. */
export interface LevelledMap {
  /** Signs; one map for each step between levels. Or one map of floats, for a distance of 1 and a centre of 0. */
  readonly maps: readonly Value[];
  readonly distance: number;
  readonly centre: number;
}

/**
 * A convolution in which both operands have levels that aren't at -1 and +1. With signs s and t,
 *
 *   activation = A s + B        weight = a[o] t + b[o]
 *
 *   sum = A a[o] (s * t) + A b[o] (s * 1) + B (a[o] sum of t + b[o] number of taps)
 *
 * where * is the convolution. A pad is no level but 0, so the last term, all constants, depends on which taps lie on the map: one value for
 * each border class of a pixel.
 */
export function twoLevelConv(
  g: NetworkBuilder,
  { maps, distance, centre }: LevelledMap,
  name: string,
  { outChannels, kernel = 3, stride = 1 }: MethodConvOptions,
  levelsOf: (latent: LatentWeights) => TwoLevels,
): Value {
  const operand = g.shapeOf(maps[0]!);
  const pad = Math.floor(kernel / 2);
  const window = { stride, pad };
  let levels: TwoLevels | undefined;
  const weights = g.state.filters({
    name: `${name}.weight`,
    shape: [outChannels, operand.channels, kernel, kernel],
    pack(values, request) {
      levels = levelsOf({ name: request.name, values, shape: request.shape });
      checkSigns(levels.signs, request.name);
      return bitFilters(levels.signs, request);
    },
  });
  const total = (terms: readonly Value[]): Value => terms.reduce((sum, y) => g.add(sum, y));
  const sums = total(maps.map((map) => g.conv(map, weights, { name, ...window })));
  if (!levels) return sums; // Recording: only the tensors' names count.
  const { signs, ...two } = levels;
  const product = g.affine(
    sums,
    two.distance.map((a) => distance * a),
  );
  const y = two.centre.some((b) => b !== 0) ? g.add(product, spreadOfBoxes(two.centre)) : product;
  if (centre === 0) return y;
  return withBorderTerm(g, y, { ...window, kernel, operand }, (inside) =>
    constantPart({ signs, ...two }, operand.channels, inside).map((term) => centre * term),
  );

  /** A b[o] (s * 1). */
  function spreadOfBoxes(centres: Float32Array): Value {
    const boxes = maps.map((map) => g.conv(map, onesFilter(operand.channels, kernel), window));
    const spread = f32Tensor(
      [outChannels, 1, 1, 1],
      centres.map((b) => distance * b),
    );
    return g.conv(total(boxes), spread);
  }
}

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
