import { type Graph, type SignNode, tensorValues } from '@signwave/format';
import type { FeatureMap } from '@signwave/reference';

/** How signs of a layer differ from another program's. */
export interface SignDifference {
  readonly differing: number;
  readonly of: number;
  /** The largest distance of a value whose sign differs from its threshold, as a share of the layer's largest value. */
  readonly farthest: number;
}

/**
 * @param node index of a `sign`. @param maps of all nodes. @param others the signs of the other program, +1 and -1 (or 0), in the order of the map.
 */
export function signDifference(
  graph: Graph,
  node: number,
  maps: readonly FeatureMap[],
  others: ArrayLike<number>,
): SignDifference {
  const { inputs, threshold } = graph.nodes[node] as SignNode;
  const thresholds = threshold === undefined ? undefined : tensorValues(graph.tensors[threshold]!);
  const { data: values, channels } = maps[inputs[0]!]!;
  const signs = maps[node]!.data;
  let [differing, farthest] = [0, 0];
  signs.forEach((sign, i) => {
    if (sign === others[i]) return;
    differing++;
    farthest = Math.max(farthest, Math.abs(values[i]! - (thresholds?.[i % channels] ?? 0)));
  });
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { differing, of: signs.length, farthest: farthest === 0 ? 0 : farthest / largest };
}

/** In words, for reports. */
export function describeSignDifference({ differing, of, farthest }: SignDifference): string {
  const near =
    farthest === 0
      ? 'whose sums were at their thresholds'
      : `whose sums were within ${farthest.toExponential(1)} of the largest sum of their thresholds`;
  return `${differing.toLocaleString('en-US')} of ${of.toLocaleString('en-US')} signs, ${near}`;
}
