import type { LayerStore } from '../../src/layers/layer-store.js';
import { METHODS, type Method, type MethodName, optionsOf } from '../../src/methods/index.js';
import type { BinaryLayerState, FilterShape, MethodOptions } from '../../src/quantizers/types.js';
import type { Tensor4D, Tf } from '../../src/types.js';
import { testLayer } from '../quantizers/test-layer.js';

/** The quantizers of a method, on a layer of their own, in stage 1. */
export interface LoneQuantizers {
  /** What they declared. */
  readonly store: LayerStore;
  readonly layer: BinaryLayerState;
  /** Training, unless said otherwise. */
  weights(w: Tensor4D, progress?: number, training?: boolean): Tensor4D;
  activations(a: Tensor4D, progress?: number, training?: boolean): Tensor4D;
}

export interface LoneOptions {
  /** Of the layer's weights. */
  readonly shape?: FilterShape;
  /** Options of the method that differ from its defaults. */
  readonly options?: Partial<MethodOptions>;
  /** Where the run is, unless a call says otherwise. */
  readonly progress?: number;
}

export function loneQuantizers(
  tf: Tf,
  name: MethodName,
  { shape = [1, 1, 1, 1], options = {}, progress = 0 }: LoneOptions = {},
): LoneQuantizers {
  const method: Method = METHODS[name];
  const { store, layer } = testLayer(tf, shape);
  const given = { omega0: 20, options: optionsOf(name, options) };
  const weights = method.weights(tf, given, layer);
  const activations = method.activations(tf, given, layer);
  return {
    store,
    layer,
    weights: (w, at = progress, training = true) => weights(w, { stage: '1', progress: at }, training),
    activations: (a, at = progress, training = true) => activations(a, training, { stage: '1', progress: at }),
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
