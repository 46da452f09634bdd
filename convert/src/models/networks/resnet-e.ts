import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import type { NetworkBuilder } from '../network-builder.js';

// networks/resnet-e.ts — ResNet-E (Bethge et al. 2019, arXiv:1906.08637) of bitorch, bitorch/models/resnet_e.py of
// github.com/hpi-xnor/bitorch at f2ac727. Its binary convolutions pad with -1, and the sign of 0 is +1.

/** Binary convolutions of each stage, and their channels. */
const STAGES = {
  18: [4, 4, 4, 4],
  34: [6, 8, 12, 6],
} as const;
const CHANNELS = [64, 128, 256, 512] as const;
/** Module of the first stage, among the ones of the stem. */
const FIRST = 5;

export const resnetEs: readonly Architecture[] = ([18, 34] as const).map((depth) => ({
  name: `resnet_e${depth}`,
  method: 'bitorch',
  needsOmega0: false,
  preprocess: 'imagenet',
  classifier: 'output_layer',
  signOfZero: 1,
  build(g) {
    let x = g.floatConv(g.image(224, 224, 3), 'features.0', { outChannels: 64, kernel: 7, stride: 2, pad: 3 });
    x = g.maxPool(g.relu(g.batchNorm(x, 'features.1')), 3, { stride: 2, pad: 1 });
    x = g.batchNorm(x, 'features.4');
    STAGES[depth].forEach((blocks, stage) => {
      for (let i = 0; i < blocks; i++) x = block(g, x, `features.${FIRST + stage}.${i}.`, CHANNELS[stage]!);
    });
    g.floatLinear(g.globalAvgPool(g.relu(x)), 'output_layer', g.classes);
  },
}));

/** A binary convolution and its batch norm in a shortcut; the map is halved where the channels double. */
function block(g: NetworkBuilder, x: Value, at: string, outChannels: number): Value {
  const isSame = g.shapeOf(x).channels === outChannels;
  const stride = isSame ? 1 : 2;
  const sums = g.binaryConv(x, `${at}body.0`, { outChannels, stride, weights: 'sign', padValue: -1 });
  return g.add(g.batchNorm(sums, `${at}body.1`), isSame ? x : downsample(g, x, `${at}downsample.`, outChannels));
}

function downsample(g: NetworkBuilder, x: Value, at: string, outChannels: number): Value {
  return g.batchNorm(g.floatConv(g.avgPool(x, 2), `${at}1`, { outChannels, kernel: 1 }), `${at}2`);
}
