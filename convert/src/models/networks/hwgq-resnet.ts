import type { Value } from '@signwave/format';
import type { Architecture } from '../architecture.js';
import { type LevelBits, levelConv } from '../level-sums.js';
import { caffeNorm, caffeScale, halfWave, hwgqWeights } from '../methods/hwgq.js';
import type { NetworkBuilder } from '../network-builder.js';
import { CAFFE_IMAGENET } from '../recipes.js';

/** Number of blocks in the four stages of 64, 128, 256 and 512 channels. */
const DEPTHS = { 18: [2, 2, 2, 2], 34: [3, 4, 6, 3] } as const;
const STEM_CHANNELS = 64;

/** A binary convolution of the network, by name. */
type Conv = (x: LevelBits, name: string, outChannels: number, window?: { kernel?: number; stride?: number }) => Value;

/**
 * examples/imagenet/res18-hwgq-3ne-clip-poly-320k and res34-... of github.com/zhaoweicai/hwgq: 2-bit activations before every convolution but
 * the first. The stem's result is normalized before it becomes the first shortcut, because Caffe's batch norm overwrites what it reads.
 *
 * @param isStoredBinary deploy_bw.prototxt, for which weights were stored after they had been made binary.
 */
function hwgqResnet(depth: 18 | 34, isStoredBinary: boolean): Architecture {
  return {
    name: `resnet${depth}${isStoredBinary ? '_bw' : ''}`,
    method: 'hwgq',
    needsOmega0: false,
    preprocess: CAFFE_IMAGENET,
    classifier: 'fc1000',
    build(g) {
      const conv: Conv = (x, name, outChannels, window) =>
        levelConv(g, x, name, { ...hwgqWeights(name, isStoredBinary), outChannels, ...window });
      let x = g.image(224, 224, 3);
      x = g.floatConv(x, 'conv1', { outChannels: STEM_CHANNELS, kernel: 7, stride: 2, pad: 3, hasBias: true });
      x = caffeNorm(g, g.maxPool(x, 3, { stride: 2, ceilMode: true }), 'bn1');
      DEPTHS[depth].forEach((blocks, stage) => {
        for (let i = 0; i < blocks; i++) {
          const outChannels = STEM_CHANNELS * 2 ** stage;
          const at = blockName(stage, i);
          if (i > 0)
            x = block(
              g,
              conv,
              x,
              halfWave(g, caffeNorm(g, x, `bn${at}_branch2a`), `qt${at}_branch2a`),
              at,
              outChannels,
            );
          else if (stage === 0) x = block(g, conv, x, halfWave(g, x, `qt${at}_branch2a`), at, outChannels);
          else x = wideningBlock(g, conv, x, blockName(stage - 1, DEPTHS[depth][stage - 1]! - 1), at, outChannels);
        }
      });
      g.floatLinear(g.avgPool(g.relu(x), 7, { stride: 1 }), 'fc1000', g.classes);
    },
  };
}

/** Caffe's names for ResNets: 2a is the first block of the first stage. */
const blockName = (stage: number, block: number): string => `${stage + 2}${'abcdef'[block]}`;

/** Two binary convolutions. @param shortcut that joins their result. @param bits of the first one's activations. */
function block(
  g: NetworkBuilder,
  conv: Conv,
  shortcut: Value,
  bits: LevelBits,
  at: string,
  outChannels: number,
  stride = 1,
): Value {
  const first = conv(bits, `res${at}_branch2a`, outChannels, { stride });
  const between = halfWave(g, caffeNorm(g, first, `bn${at}_branch2b`), `qt${at}_branch2b`);
  return g.add(shortcut, scaledNorm(g, conv(between, `res${at}_branch2b`, outChannels), `${at}_branch2b_end`));
}

/** The first block of a later stage, whose shortcut is a binary 1 x 1 convolution of the same activations. */
function wideningBlock(
  g: NetworkBuilder,
  conv: Conv,
  x: Value,
  before: string,
  at: string,
  outChannels: number,
): Value {
  const bits = halfWave(g, caffeNorm(g, x, `bn${before}`), `qt${before}`);
  const shortcut = conv(bits, `res${at}_branch1`, outChannels, { kernel: 1, stride: 2 });
  return block(g, conv, scaledNorm(g, shortcut, `${at}_branch1`), bits, at, outChannels, 2);
}

const scaledNorm = (g: NetworkBuilder, x: Value, at: string): Value =>
  caffeScale(g, caffeNorm(g, x, `bn${at}`), `scale${at}`);

export const hwgqResnets: readonly Architecture[] = [
  hwgqResnet(18, false),
  hwgqResnet(18, true),
  hwgqResnet(34, false),
];
