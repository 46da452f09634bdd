import { KeptTensor } from '../layers/layer-store.js';
import type { Parameter, StateBuffer, Tensor, Tensor1D, Tf } from '../types.js';
import type { WeightDecayRule } from './weight-decay.js';
import { decays } from './weight-decay.js';

export interface SgdOptions {
  readonly momentum: number;
  readonly weightDecay: number;
  /** Which parameters decay. */
  readonly decayed: WeightDecayRule;
}

/**
 * `torch.optim.SGD` without dampening or Nesterov, for a gradient g, velocity v (0 before the first step) and parameter p:
 *
 *   g <- g + weightDecay p        v <- momentum v + g        p <- p - learningRate v
 */
export class Sgd {
  /** Velocities, named like their parameters. A run needs them to go on. */
  readonly velocities: readonly StateBuffer[];
  readonly #tf: Tf;
  readonly #parameters: readonly Parameter[];
  readonly #options: SgdOptions;
  readonly #decay: Tensor1D | undefined;

  constructor(tf: Tf, parameters: readonly Parameter[], options: SgdOptions) {
    this.#tf = tf;
    this.#parameters = parameters;
    this.#options = options;
    this.#decay = decayOf(tf, parameters, options);
    this.velocities = parameters.map(
      ({ name, variable }) => new KeptTensor(tf, name, tf.zeros(variable.shape as [number])),
    );
  }

  /**
   * Updates all parameters at once: a network has a hundred, most of them tiny, and calling a kernel costs more than its arithmetic on
   * them.
   *
   * @param gradients by the variables' names in tfjs, as `tf.variableGrads` gives them.
   */
  step(gradients: Readonly<Record<string, Tensor>>, learningRate: number): void {
    const tf = this.#tf;
    const { momentum } = this.#options;
    tf.tidy(() => {
      const values = flat(
        tf,
        this.#parameters.map(({ variable }) => variable),
      );
      const gradient = flat(
        tf,
        this.#parameters.map(({ variable }) => gradients[variable.name]!),
      );
      const total = this.#decay ? tf.add(gradient, tf.mul(values, this.#decay)) : gradient;
      const velocity = tf.add(
        tf.mul(
          flat(
            tf,
            this.velocities.map((it) => it.get()),
          ),
          momentum,
        ),
        total,
      ) as Tensor1D;
      const moved = tf.sub(values, tf.mul(velocity, learningRate)) as Tensor1D;
      const [velocities, variables] = [this.#parts(velocity), this.#parts(moved)];
      this.#parameters.forEach(({ variable }, i) => {
        this.velocities[i]!.set(velocities[i]!);
        variable.assign(variables[i]!);
      });
    });
  }

  /** The inverse of {@link flat}. */
  #parts(values: Tensor1D): Tensor[] {
    const tf = this.#tf;
    const sizes = this.#parameters.map(({ variable }) => variable.size);
    return tf.split(values, sizes).map((part, i) => shaped(tf, part, this.#parameters[i]!.variable.shape));
  }

  dispose(): void {
    this.#decay?.dispose();
    for (const velocity of this.velocities) velocity.get().dispose();
  }
}

/** One vector of all elements of all tensors. */
function flat(tf: Tf, tensors: readonly Tensor[]): Tensor1D {
  return tf.concat(tensors.map((tensor) => shaped(tf, tensor, [tensor.size]) as Tensor1D));
}

/** `tf.reshape`, but without a kernel if the shape is the same already. */
function shaped(tf: Tf, tensor: Tensor, shape: readonly number[]): Tensor {
  return tensor.shape.length === shape.length ? tensor : tf.reshape(tensor, [...shape]);
}

/**
 * For each element of the parameters the factor that weight decay multiplies it with, 0 for parameters that don't decay; undefined if all
 * are 0.
 */
function decayOf(tf: Tf, parameters: readonly Parameter[], { weightDecay, decayed }: SgdOptions): Tensor1D | undefined {
  if (weightDecay === 0) return undefined;
  const factors = parameters.flatMap(({ name, variable }) =>
    new Array<number>(variable.size).fill(decays(decayed, name) ? weightDecay : 0),
  );
  return tf.keep(tf.tensor1d(factors));
}
