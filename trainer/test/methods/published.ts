import { METHODS, type MethodName, optionsOf } from '../../src/methods/index.js';
import type { FilterShape, MethodOptions } from '../../src/quantizers/types.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { testLayer } from '../quantizers/test-layer.js';

interface Settings {
  readonly progress?: number;
  readonly options?: Partial<MethodOptions>;
  readonly shape?: FilterShape;
}

/** A method's quantizers on a layer of their own, as they are in training. */
export function quantizersOn(tf: Tf, name: MethodName, { progress = 0, options, shape }: Settings = {}) {
  const { store, layer } = testLayer(tf, shape);
  const given = { omega0: 20, options: optionsOf(name, options) };
  const phase = { stage: '1', progress } as const;
  const weights = METHODS[name].weights(tf, given, layer);
  const activations = METHODS[name].activations(tf, given, layer);
  return {
    store,
    layer,
    weights: (w: Tensor4D): Tensor4D => weights(w, phase, true),
    activations: (a: Tensor4D): Tensor4D => activations(a, true, phase),
  };
}

/** A row of activations (1, 1, 1, C). */
export function row(values: readonly number[]): [number, number, number, number] {
  return [1, 1, 1, values.length];
}
