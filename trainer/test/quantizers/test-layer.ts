import { constant } from '../../src/layers/initialisers.js';
import { LayerStore } from '../../src/layers/layer-store.js';
import type { BinaryLayerState, FilterShape } from '../../src/quantizers/types.js';
import { seededRandom } from '../../src/random.js';
import type { Tf } from '../../src/types.js';

/** A binary layer for quantizers that are tried by themselves, and what they declare in it. */
export function testLayer(tf: Tf, shape: FilterShape = [1, 1, 1, 1]): { store: LayerStore; layer: BinaryLayerState } {
  const store = new LayerStore({ tf }, seededRandom(1));
  const weight = store.parameter('conv.weight', shape, constant(0), { isLatent: true });
  const initial = new Float32Array(weight.size);
  return { store, layer: store.binaryLayer('conv', shape, weight, initial) };
}
