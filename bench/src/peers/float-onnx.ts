import { channelsFirst } from '@signwave/convert';
import { OnnxGraph } from '@signwave/convert/internals';
import { outputShape, type UnitNetwork } from '../layer-networks.js';

/**
 * The units in float32: a `Conv` with scale and bias folded into its filters, as optimizers fold batch norms, and a `Clip` to -1 and +1,
 * which ONNX Runtime fuses with the convolution. Input `input` and output `output` are (1, C, H, W).
 */
export function floatOnnx(network: UnitNetwork): Uint8Array {
  const { height, width, inChannels } = network.units[0]!.shape;
  const g = new OnnxGraph();
  const input = g.input('input', [1, inChannels, height, width]);
  const values: string[] = [];
  for (const { from, shape, weights, scale, bias } of network.units) {
    const { kernel, stride, pad, groups, outChannels } = shape;
    g.enter(`unit${values.length}`);
    const scaled = channelsFirst(weights, shape.inChannels / groups, outChannels).map((weight) => weight * scale);
    const filters = g.floats('weights', [outChannels, shape.inChannels / groups, kernel, kernel], scaled);
    const sums = g.node('Conv', [from < 0 ? input : values[from]!, filters, g.floats('bias', [outChannels], bias)], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group: groups,
    });
    values.push(g.node('Clip', [sums, g.scalar(-1), g.scalar(1)]));
  }
  const results = network.outputs.map((unit) => values[unit]!);
  const output = outputShape(network);
  const result = results.length > 1 ? g.node('Concat', results, { axis: 1 }) : results[0]!;
  g.output('output', result, [1, output.channels, output.height, output.width]);
  return g.encode('layers', {});
}
