import type { Definition } from './define-network.js';
import type { DemoInput } from './network-options.js';
import { doubleSkipNetwork } from './resnet20.js';

const DEFAULT_INPUT: DemoInput = { size: 28, channels: 1 };

/**
 * The network of the demo: ResNet-20's blocks, one in each stage, behind a stem of stride 2 that gives 16 x 16 for both image sizes: its
 * pad is 1 for 32 x 32 and 3 for 28 x 28. An image of 28 x 28 x 1 takes 3.0 MMAC.
 */
export const demo: Definition = (store, quantizers, options) => {
  const { size, channels } = options.input ?? DEFAULT_INPUT;
  const stem = { inChannels: channels, outChannels: 16, kernel: 3, stride: 2, pad: size === 28 ? 3 : 1 };
  return doubleSkipNetwork({ blocksPerStage: 1, precision: '1w1a', stem })(store, quantizers, options);
};
