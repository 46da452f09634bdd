import type { Tensor1D, Tensor2D } from '../types.js';
import { constant, type Initialiser, linearUniform, normal } from './initialisers.js';
import type { LayerStore } from './layer-store.js';

/** Initial values of a linear layer. */
export interface LinearInitialisers {
  readonly weight: Initialiser;
  readonly bias: Initialiser;
}

/** As in the authors' VGG: normal with deviation 0.01, bias 0. */
export const SMALL_NORMAL: LinearInitialisers = { weight: normal(0.01), bias: constant(0) };

/** `nn.Linear`: (N, inputs) -> (N, outputs); the weight is (outputs, inputs). */
export function linear(
  store: LayerStore,
  name: string,
  inputs: number,
  outputs: number,
  initialisers: LinearInitialisers = { weight: linearUniform(inputs), bias: linearUniform(inputs) },
): (x: Tensor2D) => Tensor2D {
  const weight = store.parameter(`${name}.weight`, [outputs, inputs], initialisers.weight);
  const bias = store.parameter(`${name}.bias`, [outputs], initialisers.bias);
  const { tf } = store;
  return (x) => tf.add(tf.matMul(x, weight as unknown as Tensor2D, false, true), bias as unknown as Tensor1D);
}
