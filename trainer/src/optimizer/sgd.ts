import { KeptTensor } from '../layers/layer-store.js';
import type { Parameter, StateBuffer, Tensor, Tf } from '../types.js';
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
  /** Velocities, named as their parameters; what has to be stored to go on with training. */
  readonly velocities: readonly StateBuffer[];
  readonly #tf: Tf;
  readonly #parameters: readonly Parameter[];
  readonly #options: SgdOptions;

  constructor(tf: Tf, parameters: readonly Parameter[], options: SgdOptions) {
    this.#tf = tf;
    this.#parameters = parameters;
    this.#options = options;
    this.velocities = parameters.map(
      ({ name, variable }) => new KeptTensor(tf, name, tf.zeros(variable.shape as [number])),
    );
  }

  /**
   * @param gradients by the variables' names in tfjs, as `tf.variableGrads` gives them.
   */
  step(gradients: Readonly<Record<string, Tensor>>, learningRate: number): void {
    const tf = this.#tf;
    const { momentum, weightDecay, decayed } = this.#options;
    this.#parameters.forEach(({ name, variable }, i) => {
      tf.tidy(() => {
        const gradient = gradients[variable.name]!;
        const isDecayed = weightDecay !== 0 && decays(decayed, name);
        const total = isDecayed ? tf.add(gradient, tf.mul(variable, weightDecay)) : gradient;
        const velocity = tf.add(tf.mul(this.velocities[i]!.get(), momentum), total);
        this.velocities[i]!.set(velocity);
        variable.assign(tf.sub(variable, tf.mul(velocity, learningRate)));
      });
    });
  }

  dispose(): void {
    for (const velocity of this.velocities) velocity.get().dispose();
  }
}
