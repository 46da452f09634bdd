import type { Tensor4D } from '../types.js';
import { shiftChannels } from './channel-scale.js';
import { constant } from './initialisers.js';
import type { LayerStore } from './layer-store.js';
import { prelu } from './prelu.js';

/**
 * ReActNet's RPReLU for each of C channels: PReLU(x + before) + after, which moves the function's bend to wherever the channel needs it. Names
 * and shapes of the parameters are those of the authors' code: `move1.bias` and `move2.bias` (1, C, 1, 1), `prelu.weight` (C). At first it is
 * PyTorch's PReLU.
 */
export function rprelu(store: LayerStore, name: string, channels: number): (x: Tensor4D) => Tensor4D {
  const { tf } = store;
  const shift = (part: string) => store.parameter(`${name}.${part}.bias`, [1, channels, 1, 1], constant(0));
  const before = shift('move1');
  const bend = prelu(store, `${name}.prelu`, channels);
  const after = shift('move2');
  return (x) => shiftChannels(tf, bend(shiftChannels(tf, x, before)), after);
}
