import type { Parameter, Tensor, Tensor1D, Tf } from '../types.js';
import { decays, type WeightDecayRule } from './weight-decay.js';

/**
 * All parameters of a network as one vector. A network has a hundred, most of them tiny, and calling a kernel costs more than its
 * arithmetic on them.
 */
export class FlatParameters {
  readonly #tf: Tf;
  readonly #parameters: readonly Parameter[];
  /** Factor of the learning rate for each element; undefined if all are 1. */
  readonly #rates: Tensor1D | undefined;

  constructor(tf: Tf, parameters: readonly Parameter[]) {
    this.#tf = tf;
    this.#parameters = parameters;
    this.#rates = parameters.every(({ rate = 1 }) => rate === 1) ? undefined : this.#constant(({ rate = 1 }) => rate);
  }

  get values(): Tensor1D {
    return flat(
      this.#tf,
      this.#parameters.map(({ variable }) => variable),
    );
  }

  /** @param gradients by the variables' names in tfjs. What has none, because nothing depends on it, has the gradient 0. */
  gradient(gradients: Readonly<Record<string, Tensor>>): Tensor1D {
    return flat(
      this.#tf,
      this.#parameters.map(({ variable }) => gradients[variable.name] ?? this.#tf.zerosLike(variable)),
    );
  }

  /** The learning rate of each element, or of all. */
  rates(learningRate: number): number | Tensor1D {
    return this.#rates ? this.#tf.mul(this.#rates, learningRate) : learningRate;
  }

  assign(values: Tensor1D): void {
    const parts = this.parts(values);
    this.#parameters.forEach(({ variable }, i) => void variable.assign(parts[i]!));
  }

  /** Splits a vector into tensors of the parameters' shapes. */
  parts(values: Tensor1D): Tensor[] {
    const tf = this.#tf;
    const sizes = this.#parameters.map(({ variable }) => variable.size);
    return tf.split(values, sizes).map((part, i) => shaped(tf, part, this.#parameters[i]!.variable.shape));
  }

  /**
   * For each element the factor that weight decay multiplies it with, 0 for parameters that don't decay; undefined if all are 0. It belongs
   * to the caller.
   */
  decayFactors(weightDecay: number, rule: WeightDecayRule): Tensor1D | undefined {
    if (weightDecay === 0) return undefined;
    return this.#constant((parameter) => (decays(rule, parameter) ? weightDecay : 0));
  }

  dispose(): void {
    this.#rates?.dispose();
  }

  #constant(numberOf: (parameter: Parameter) => number): Tensor1D {
    const values = this.#parameters.flatMap((parameter) =>
      new Array<number>(parameter.variable.size).fill(numberOf(parameter)),
    );
    return this.#tf.keep(this.#tf.tensor1d(values));
  }
}

/** One vector of all elements of all tensors. */
export function flat(tf: Tf, tensors: readonly Tensor[]): Tensor1D {
  return tf.concat(tensors.map((tensor) => shaped(tf, tensor, [tensor.size]) as Tensor1D));
}

/** `tf.reshape`, but without a kernel if the shape is the same already. */
function shaped(tf: Tf, tensor: Tensor, shape: readonly number[]): Tensor {
  return tensor.shape.length === shape.length ? tensor : tf.reshape(tensor, [...shape]);
}
