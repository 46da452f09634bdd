import { avgPool, padChannels } from '../layers/pools.js';
import type { Tensor4D, Tf } from '../types.js';

/**
 * A block's shortcut without parameters: the map itself, or its 2 x 2 means with outChannels/4 channels of zeros on both sides. These
 * networks double their channels whenever they halve the map; where only the map is halved, no channels are added.
 */
export function parameterFreeShortcut(tf: Tf, x: Tensor4D, outChannels: number, stride: number): Tensor4D {
  if (stride === 1) return x;
  const pooled = avgPool(tf, x, 2);
  const pad = x.shape[3] === outChannels ? 0 : outChannels / 4;
  return pad === 0 ? pooled : padChannels(tf, pooled, pad, pad);
}
