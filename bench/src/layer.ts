import { GraphBuilder, macs, packBits, writeModel } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { seededRandom } from '@signwave/trainer/internals';
import { type LayerShape, outputSides } from './shapes.js';

/** A layer whose instructions are counted: a model of one convolution, an input for it, and the output expected for that. */
export interface Layer {
  readonly shape: LayerShape;
  /** A `.sgnw` file. */
  readonly bytes: Uint8Array;
  /** (H, W, C): +1 and -1 if the layer reads bits, else values from -1 to 1. */
  readonly input: Float32Array;
  /** The reference's output for `input`, (H, W, O). */
  readonly expected: Float32Array;
  readonly macs: number;
}

const INFO = { name: 'layer', architecture: 'layer', method: 'none', writer: 'signwave-bench', accuracy: [] };

/** @param seed of weights and input. */
export function makeLayer(shape: LayerShape, seed: number): Layer {
  const { height, width, inChannels, outChannels, kernel, stride, pad, groups, activations } = shape;
  const random = seededRandom(seed);
  const sign = (): number => (random.next() < 0.5 ? -1 : 1);
  const weights = Float32Array.from({ length: (outChannels * kernel * kernel * inChannels) / groups }, sign);
  const input = Float32Array.from(
    { length: height * width * inChannels },
    activations === 'bits' ? sign : () => random.next() * 2 - 1,
  );
  const tensor = {
    dtype: 'bits',
    shape: [outChannels, kernel, kernel, inChannels / groups],
    data: packBits(weights.length, (i) => weights[i]! > 0),
  } as const;
  const g = new GraphBuilder();
  const x = g.input({ height, width, channels: inChannels });
  g.conv(activations === 'bits' ? g.sign(x) : x, tensor, { stride, pad, groups, name: 'conv' });
  const graph = g.build();
  return {
    shape,
    bytes: writeModel({ graph, info: INFO }),
    input,
    expected: new Reference(graph).run(input),
    macs: macs(graph, graph.nodes.at(-1)!, { ...outputSides(shape), channels: outChannels }),
  };
}
