import type { Precision } from '../methods/method.js';
import type { Definition } from './define-network.js';
import type { DemoInput } from './network-options.js';
import { residualNetwork, type StageShape } from './residual-network.js';

/** The first convolution of CIFAR's networks. */
const cifarStem = (outChannels: number) => ({ inChannels: 3, outChannels, kernel: 3, pad: 1 });

function resnet20Stages(blocks: number): StageShape[] {
  return [
    { channels: 16, blocks, stride: 1 },
    { channels: 32, blocks, stride: 2 },
    { channels: 64, blocks, stride: 2 },
  ];
}

/** `resnet20_1w1a` and `resnet20_1w32a` of the authors' cifar10/models_cifar/resnet.py. */
export function resnet20(precision: Precision): Definition {
  return residualNetwork({
    stem: cifarStem(16),
    stages: resnet20Stages(3),
    precision,
    tail: ['bn2', 'linear'],
    shortcutName: 'shortcut',
    hasBeta: precision === '1w1a',
  });
}

const DEFAULT_INPUT: DemoInput = { size: 28, channels: 1 };

/**
 * The network of the demo: ResNet-20's blocks, one in each stage, behind a stem of stride 2 that gives 16 x 16 for both image sizes: its
 * pad is 1 for 32 x 32 and 3 for 28 x 28. An image of 28 x 28 x 1 takes 3.0 MMAC.
 */
export const demo =
  (precision: Precision): Definition =>
  (store, common, options) => {
    const { size, channels } = options.input ?? DEFAULT_INPUT;
    return residualNetwork({
      stem: { inChannels: channels, outChannels: 16, kernel: 3, stride: 2, pad: size === 28 ? 3 : 1 },
      stages: resnet20Stages(1),
      precision,
      tail: ['bn2', 'linear'],
      shortcutName: 'shortcut',
      hasBeta: precision === '1w1a',
    })(store, common, options);
  };

export type StageWidths = readonly [number, number, number, number];

/** Stages of which all but the first halve the map. */
const stagesOf = (widths: StageWidths, blocks: StageWidths): StageShape[] =>
  widths.map((channels, stage) => ({ channels, blocks: blocks[stage]!, stride: stage === 0 ? 1 : 2 }));

/** CIFAR's ResNet-18 of the authors' cifar10/models_cifar/resnet2.py. The paper has two shortcuts in each block, the code one. */
export function resnet18(widths: StageWidths): (precision: Precision) => Definition {
  return (precision) =>
    residualNetwork({
      stem: cifarStem(widths[0]),
      stages: stagesOf(widths, [2, 2, 2, 2]),
      precision,
      tail: ['linear', 'bn2'],
      shortcutName: 'shortcut',
      hasBeta: precision === '1w1a',
    });
}

/** `resnet18_1w1a` and `resnet34_1w1a` of the authors' imagenet/models_imagenet/resnet.py, for 224 x 224 images. */
export function imagenetResnet(blocks: StageWidths): (precision: Precision) => Definition {
  return (precision) =>
    residualNetwork({
      stem: { inChannels: 3, outChannels: 64, kernel: 7, stride: 2, pad: 3 },
      hasStemPool: true,
      stages: stagesOf([64, 128, 256, 512], blocks),
      precision,
      tail: ['bn2', 'fc'],
      shortcutName: 'downsample',
      hasBeta: false,
    });
}
