import type { LayerStore } from '../../src/layers/layer-store.js';
import { METHODS, type Method, type MethodName, optionsOf } from '../../src/methods/index.js';
import type { FilterShape, MethodOptions } from '../../src/quantizers/types.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { testLayer } from '../quantizers/test-layer.js';

/** The quantizers of a method, on a layer of their own. */
export interface LoneQuantizers {
  /** What they declared. */
  readonly store: LayerStore;
  /** Training, unless said otherwise, in stage 1. */
  weights(w: Tensor4D, progress?: number, training?: boolean): Tensor4D;
  activations(a: Tensor4D, progress?: number, training?: boolean): Tensor4D;
}

/** @param shape of the layer's weights. */
export function loneQuantizers(
  tf: Tf,
  name: MethodName,
  shape: FilterShape = [1, 1, 1, 1],
  given: Partial<MethodOptions> = {},
): LoneQuantizers {
  const method: Method = METHODS[name];
  const { store, layer } = testLayer(tf, shape);
  const options = { omega0: 20, options: optionsOf(name, given) };
  const weights = method.weights(tf, options, layer);
  const activations = method.activations(tf, options, layer);
  return {
    store,
    weights: (w, progress = 0, training = true) => weights(w, { stage: '1', progress }, training),
    activations: (a, progress = 0, training = true) => activations(a, training, { stage: '1', progress }),
  };
}

/** A tensor's values, by its name in the state dict without the layer's: `basis`. */
export async function valuesOf(store: LayerStore, name: string): Promise<number[]> {
  const full = `conv.${name}`;
  const tensor =
    store.buffers.find((it) => it.name === full)?.get() ?? store.parameters.find((it) => it.name === full)?.variable;
  if (!tensor) throw new Error(`the layer has no ${name}`);
  return Array.from(await tensor.data());
}

/** Shape of a map of one image and one row of pixels of one channel. */
export const row = (values: readonly number[]): [number, number, number, number] => [1, 1, values.length, 1];

/** The float32 numbers next to one: below, itself, above. */
export function floatsAround(value: number): [number, number, number] {
  const float = new Float32Array([value]);
  const bits = new Int32Array(float.buffer);
  const neighbour = (by: number): number => {
    const moved = new Int32Array([bits[0]! + (value > 0 ? by : -by)]);
    return new Float32Array(moved.buffer)[0]!;
  };
  return [neighbour(-1), float[0]!, neighbour(1)];
}
