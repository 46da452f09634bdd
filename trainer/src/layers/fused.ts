import type { NamedTensorMap } from '@tensorflow/tfjs';
import type { Tensor, Tf } from '../types.js';

/**
 * Run an operation in one pass over memory, if the back end has it.
 *
 * @param name under which such a back end registers it as a kernel.
 * @param inputs maps by the names that the kernel gives them, and `parameters`, numbers or scalars, if it has any.
 * @returns its outputs, or undefined if the operation has to be composed of others.
 */
export function runFused(
  tf: Tf,
  name: string,
  { parameters, ...maps }: Readonly<Record<string, Tensor | readonly (number | Tensor)[]>>,
): Tensor[] | undefined {
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
