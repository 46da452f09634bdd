import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { biperImagenetConv as conv } from '../methods/biper.js';
import type { NetworkBuilder } from '../network-builder.js';

const STEM_CHANNELS = 32;
/** Channels in a group of the 3 x 3 convolutions. They aren't depthwise, which would be too little for one-bit weights. */
const GROUP_CHANNELS = 16;

/** The blocks: output channels, stride. */
const BLOCKS = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/** BiPer's MobileNet for ImageNet (imagenet/models_imagenet/mobilenet.py of github.com/edmav4/BiPer). */
export const biperMobilenet: Architecture = {
  name: 'mobilenet_1w1a',
  method: 'biper',
  needsOmega0: true,
  preprocess: 'imagenet',
  classifier: 'fc',
  build(g) {
    let x = g.image(224, 224, 3);
    x = g.floatConv(x, 'model.0.0', { outChannels: STEM_CHANNELS, kernel: 3, stride: 2, pad: 1 });
    x = g.hardtanh(g.batchNorm(x, 'model.0.1'));
    BLOCKS.forEach(([outChannels, stride], i) => {
      x = block(g, x, `model.${i + 1}`, outChannels, stride);
    });
    g.floatLinear(g.globalAvgPool(x), 'fc', g.classes);
  },
};

/** `DWBlock`: a grouped 3 x 3 convolution in a shortcut, a 1 x 1 that changes the channels, a 1 x 1 in a shortcut. */
function block(g: NetworkBuilder, x: Value, name: string, outChannels: number, stride: number): Value {
  const { channels } = g.shapeOf(x);
  const shortcut = stride === 1 ? x : g.avgPool(x, 2, { ceilMode: true, countPads: false });
  const grouped = { outChannels: channels, stride, groups: channels / GROUP_CHANNELS };
  const pointwise = { outChannels, kernel: 1 };
  let y = g.batchNorm(conv(g, x, `${name}.conv1`, grouped), `${name}.bn1`);
  y = g.hardtanh(g.add(y, shortcut));
  y = g.hardtanh(g.batchNorm(conv(g, y, `${name}.conv2`, pointwise), `${name}.bn2`));
  const z = g.batchNorm(conv(g, y, `${name}.conv3`, pointwise), `${name}.bn3`);
  return g.hardtanh(g.add(z, y));
}
