import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { learnedThreshold, rprelu } from '../methods/reactnet.js';
import type { NetworkBuilder } from '../network-builder.js';

/** Output channels of the stem, then of each block. */
const CHANNELS = [32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024] as const;

/** How the filters of the binary convolutions are stored. */
type Filters = 'column' | 'filters';

/** ReActNet in MobileNet's form (mobilenet/2_step2/reactnet.py of github.com/liuzechun/ReActNet). */
export const reactNetMobilenet: Architecture = mobilenet('reactnet', 'column');

/** The same network of github.com/liuzechun/AdamBNN (step2/reactnet.py). */
export const adamBnnMobilenet: Architecture = {
  ...mobilenet('adambnn', 'filters'),
  mustBeNamed:
    'checkpoints of a first training step (AdamBNN’s step1, ReActNet’s 1_step1), whose weights are real numbers, have the same tensors; only those of AdamBNN’s step2 are binary',
  diagnose(has) {
    if (!has('feature.1.binary_3x3.weight')) return undefined;
    return (
      'it is like a ReActNet of the first training step (1_step1), whose activations are signs and whose weights are real numbers, which are ' +
      'not rounded to bits here, but not all of its tensors are. Convert the checkpoint of the second step (2_step2)'
    );
  },
};

function mobilenet(method: string, filters: Filters): Architecture {
  return {
    name: 'reactnet',
    method,
    needsOmega0: false,
    preprocess: 'imagenet',
    classifier: 'fc',
    build(g) {
      let x = g.image(224, 224, 3);
      x = g.floatConv(x, 'feature.0.conv1', { outChannels: CHANNELS[0], kernel: 3, stride: 2, pad: 1 });
      x = g.batchNorm(x, 'feature.0.bn1');
      for (let i = 1; i < CHANNELS.length; i++) x = block(g, x, `feature.${i}.`, CHANNELS[i]!, filters);
      g.floatLinear(g.globalAvgPool(x), 'fc', g.classes);
    },
  };
}

/** A 3 x 3 convolution in a shortcut, then a 1 x 1 in a shortcut; two of these side by side if the channels double. */
function block(g: NetworkBuilder, x: Value, at: string, outChannels: number, filters: Filters): Value {
  const { channels } = g.shapeOf(x);
  const doubles = outChannels !== channels;
  // The first block doubles the channels and keeps the map.
  const stride = doubles && outChannels !== 64 ? 2 : 1;
  const first = learnedThreshold(g, x, `${at}move11`);
  const spatial = binaryConv(g, x, `${at}binary_3x3`, { filters, threshold: first, kernel: 3, stride });
  const shortcut = stride === 1 ? x : g.avgPool(x, 2);
  const sum = g.add(g.batchNorm(spatial, `${at}bn1`), shortcut);
  const y = rprelu(g, sum, [`${at}move12`, `${at}prelu1`, `${at}move13`]);

  const threshold = learnedThreshold(g, y, `${at}move21`);
  const pointwise = (name: string, norm: string): Value =>
    g.add(g.batchNorm(binaryConv(g, y, at + name, { filters, threshold, kernel: 1, stride: 1 }), at + norm), y);
  const z = doubles
    ? g.concat(pointwise('binary_pw_down1', 'bn2_1'), pointwise('binary_pw_down2', 'bn2_2'))
    : pointwise('binary_pw', 'bn2');
  return rprelu(g, z, [`${at}move22`, `${at}prelu2`, `${at}move23`]);
}

/** `HardBinaryConv`, which keeps the channels. */
function binaryConv(
  g: NetworkBuilder,
  x: Value,
  name: string,
  options: {
    readonly filters: Filters;
    readonly kernel: number;
    readonly stride: number;
    readonly threshold: Float32Array;
  },
): Value {
  const { filters, kernel, stride, threshold } = options;
  const { channels } = g.shapeOf(x);
  const column = { tensor: `${name}.weights`, stored: [channels * channels * kernel * kernel, 1] };
  return g.binaryConv(x, name, {
    outChannels: channels,
    kernel,
    stride,
    weights: 'bireal',
    threshold,
    ...(filters === 'column' && column),
  });
}
