import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { learnedThreshold, rprelu } from '../methods/reactnet.js';
import { recuConv } from '../methods/recu.js';
import type { NetworkBuilder } from '../network-builder.js';

/** Number of blocks, with one convolution each, in the four stages of 64, 128, 256 and 512 channels. */
const DEPTHS = { 18: [4, 4, 4, 4], 34: [6, 8, 12, 6] } as const;
type Depth = keyof typeof DEPTHS;
const STEM_CHANNELS = 64;

type Block = (g: NetworkBuilder, x: Value, at: string, outChannels: number, stride: number) => Value;

/**
 * A float 7 x 7 stem without nonlinearity, blocks of one binary convolution in a shortcut, a float classifier.
 *
 * @param stem names of its convolution and its batch norm.
 */
function birealResnet(
  name: string,
  method: string,
  depth: Depth,
  block: Block,
  stem: readonly [conv: string, norm: string] = ['conv1', 'bn1'],
): Architecture {
  return {
    name,
    method,
    needsOmega0: false,
    preprocess: 'imagenet',
    classifier: 'fc',
    build(g) {
      let x = g.image(224, 224, 3);
      x = g.batchNorm(g.floatConv(x, stem[0], { outChannels: STEM_CHANNELS, kernel: 7, stride: 2, pad: 3 }), stem[1]);
      x = g.maxPool(x, 3, { stride: 2, pad: 1 });
      DEPTHS[depth].forEach((blocks, stage) => {
        for (let i = 0; i < blocks; i++) {
          x = block(g, x, `layer${stage + 1}.${i}.`, STEM_CHANNELS * 2 ** stage, stage > 0 && i === 0 ? 2 : 1);
        }
      });
      g.floatLinear(g.globalAvgPool(x), 'fc', g.classes);
    },
  };
}

/** The shortcut of a block that halves the map: a 2 x 2 mean, a float 1 x 1 convolution, batch norm. */
function projected(g: NetworkBuilder, x: Value, at: string, outChannels: number): Value {
  const y = g.floatConv(g.avgPool(x, 2), `${at}downsample.1`, { outChannels, kernel: 1 });
  return g.batchNorm(y, `${at}downsample.2`);
}

/** github.com/liuzechun/Bi-Real-net, pytorch_implementation/BiReal18_34: filters are stored as one column. */
const birealBlock: Block = (g, x, at, outChannels, stride) => {
  const y = g.binaryConv(x, `${at}binary_conv`, {
    outChannels,
    stride,
    weights: 'bireal',
    tensor: `${at}binary_conv.weights`,
    stored: [outChannels * g.shapeOf(x).channels * 9, 1],
  });
  const norm = g.batchNorm(y, `${at}bn1`);
  return g.add(norm, stride === 1 ? x : projected(g, x, at, outChannels));
};

/** github.com/liuzechun/ReActNet, resnet/2_step2: learned thresholds, and RPReLU after the shortcut. */
const reactBlock: Block = (g, x, at, outChannels, stride) => {
  const threshold = learnedThreshold(g, x, `${at}move0`);
  const y = g.binaryConv(x, `${at}binary_conv`, { outChannels, stride, weights: 'bireal', threshold });
  const norm = g.batchNorm(y, `${at}bn1`);
  const sum = g.add(norm, stride === 1 ? x : projected(g, x, at, outChannels));
  return rprelu(g, sum, [`${at}move1`, `${at}prelu`, `${at}move2`]);
};

/** github.com/z-hXu/ReCU, imagenet_two-stage: ReActNet's blocks around ReCU's convolution. */
const recuBlock: Block = (g, x, at, outChannels, stride) => {
  const moved = g.learnedBias(x, `${at}move0.bias`, [1, g.shapeOf(x).channels, 1, 1]);
  const norm = g.batchNorm(recuConv(g, moved, `${at}conv`, { outChannels, stride }), `${at}bn`);
  const sum = g.add(norm, stride === 1 ? x : projected(g, x, at, outChannels));
  return rprelu(g, sum, [`${at}move1`, `${at}nonlinear`, `${at}move2`]);
};

/** Bi-Real Net's and ReActNet's authors both call their networks birealnet18 and birealnet34. */
export const birealResnets: readonly Architecture[] = [
  birealResnet('birealnet18', 'bireal', 18, birealBlock),
  birealResnet('birealnet34', 'bireal', 34, birealBlock),
  birealResnet('resnet18_1w1a', 'recu', 18, recuBlock, ['conv', 'bn']),
  birealResnet('resnet34_1w1a', 'recu', 34, recuBlock, ['conv', 'bn']),
  ...([18, 34] as const).map((depth) => ({
    ...birealResnet(`birealnet${depth}`, 'reactnet', depth, reactBlock),
    mustBeNamed:
      'checkpoints of its first training step, whose weights are real numbers, have the same tensors; only those of the second step (2_step2) are binary',
  })),
];
