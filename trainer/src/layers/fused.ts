import type { NamedTensorMap } from '@tensorflow/tfjs';
import type { Tensor, Tf } from '../types.js';

/** Maps by the names that a kernel gives them, and `parameters`, a vector, numbers or scalars, if it has any. */
type FusedInputs = Readonly<Record<string, Tensor | readonly (number | Tensor)[]>>;

/**
 * Run an operation in one pass over memory, if the back end has it.
 *
 * @param name under which such a back end registers it as a kernel.
 * @returns its map, or undefined if the operation has to be composed of others.
 */
export function runFused(tf: Tf, name: string, inputs: FusedInputs): Tensor | undefined {
  return outputsOf(tf, name, inputs)?.[0];
}

/** The same for an operation that also gives sums over the whole map. */
export function runFusedWithSums(
  tf: Tf,
  name: string,
  inputs: FusedInputs,
): readonly [map: Tensor, sums: Tensor] | undefined {
  return outputsOf(tf, name, inputs) as [Tensor, Tensor] | undefined;
}

function outputsOf(tf: Tf, name: string, { parameters, ...maps }: FusedInputs): Tensor[] | undefined {
  if (!tf.getKernel(name, tf.getBackend())) return undefined;
  const inputs = maps as NamedTensorMap;
  if (parameters) inputs.parameters = vector(tf, parameters);
  const outputs = tf.engine().runKernel(name, inputs);
  return Array.isArray(outputs) ? (outputs as Tensor[]) : [outputs as Tensor];
}

function vector(tf: Tf, parameters: Tensor | readonly (number | Tensor)[]): Tensor {
  if (!Array.isArray(parameters)) return parameters as Tensor;
  const scalars = parameters as (number | Tensor)[];
  if (scalars.every((value) => typeof value === 'number')) return tf.tensor1d(scalars);
  return tf.stack(scalars.map((value) => (typeof value === 'number' ? tf.scalar(value) : value)));
}
