import { floatsOf, type TfliteModel, type TfliteOperator } from '@signwave/convert';
import type { Graph } from '@signwave/format';
import type { FeatureMap } from '@signwave/reference';

/**
 * A binary convolution as the engine's reference kernel rounds it, where it differs from all its other kernels: it has pads of 0 in its sum, and
 * doesn't correct border pixels afterwards. fround(fround((K - s) * -m) + fround(b + K m))
 *
 * @returns undefined for another operator, or one with packed output or an activation.
 */
export function scaledByReferenceKernel(
  { tensors }: TfliteModel,
  { kind, inputs, customOptions }: TfliteOperator,
  graph: Graph,
  node: number,
  maps: readonly FeatureMap[],
): Float32Array | undefined {
  const [, filters, multiplier, bias] = inputs.map((index) => tensors[index]);
  if (kind !== 'LceBconv2d' || !filters || !multiplier?.data || !bias?.data) return undefined;
  if (customOptions.get('fused_activation_function') !== 0) return undefined;
  const [m, b] = [floatsOf(multiplier.data), floatsOf(bias.data)];
  const [, height = 0, width = 0] = filters.shape;
  const taps = height * width * (customOptions.get('channels_in') ?? 0);
  const conv = graph.nodes.findLastIndex(({ op }, index) => op === 'conv' && index < node);
  return maps[conv]?.data.map((sum, i) => {
    const o = i % m.length;
    return Math.fround((taps - sum) * -m[o]!) + Math.fround(b[o]! + taps * m[o]!);
  });
}
