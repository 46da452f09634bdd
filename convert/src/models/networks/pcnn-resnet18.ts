import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { storedSigns } from '../methods/stored-signs.js';
import type { NetworkBuilder } from '../network-builder.js';

const STAGES = [64, 128, 256, 512] as const;
/** With one convolution each. */
const BLOCKS_PER_STAGE = 4;

/**
 * The ResNet-18 for ImageNet of github.com/bczhangbczhang/Projection-Convolutional-Neural-Networks and Bayesian-Optimized-1-bit-CNNs
 * (ResNet18/resnet18_imagenet.py, the same file in both). Its weights are stored as +a and -a, with one a for each layer.
 */
function pcnnResnet18(method: string): Architecture {
  return {
    name: 'resnet18',
    method,
    needsOmega0: false,
    preprocess: 'imagenet',
    classifier: 'fc',
    build(g) {
      let x = g.floatConv(g.image(224, 224, 3), 'conv1', { outChannels: STAGES[0], kernel: 7, stride: 2, pad: 3 });
      x = g.learnedPrelu(g.batchNorm(x, 'bn1'), 'prelu');
      x = g.maxPool(x, 3, { stride: 2, pad: 1 });
      STAGES.forEach((outChannels, stage) => {
        for (let i = 0; i < BLOCKS_PER_STAGE; i++) {
          x = block(g, x, `layer${stage + 1}.${i}.`, outChannels, stage > 0 && i === 0 ? 2 : 1);
        }
      });
      g.floatLinear(g.avgPool(x, 7, { stride: 1 }), 'fc', g.classes);
    },
  };
}

/** Batch norm, signs, convolution, shortcut, PReLU. Where the map is halved, the shortcut is a float 1 x 1 convolution, batch norm and a 2 x 2 mean. */
function block(g: NetworkBuilder, x: Value, at: string, outChannels: number, stride: number): Value {
  const y = g.binaryConv(g.batchNorm(x, `${at}bn`), `${at}conv`, {
    outChannels,
    stride,
    weights: storedSigns('layer'),
  });
  return g.learnedPrelu(g.add(y, stride === 1 ? x : projected(g, x, at, outChannels)), `${at}prelu`);
}

function projected(g: NetworkBuilder, x: Value, at: string, outChannels: number): Value {
  const y = g.floatConv(x, `${at}downsample.0`, { outChannels, kernel: 1 });
  return g.avgPool(g.batchNorm(y, `${at}downsample.1`), 2);
}

/** Which of the two methods trained a network isn't in its file, and makes no difference to its inference. */
export const pcnnResnet18s: readonly Architecture[] = ['pcnn', 'bonn'].map(pcnnResnet18);
