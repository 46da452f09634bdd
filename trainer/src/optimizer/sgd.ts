import { KeptTensor } from '../layers/layer-store.js';
import type { Parameter, StateBuffer, Tensor, Tensor1D, Tf } from '../types.js';
import { FlatParameters, flat } from './flat-parameters.js';
import type { Optimizer } from './optimizer.js';
import type { WeightDecayRule } from './weight-decay.js';

export interface SgdOptions {
  readonly momentum: number;
  /** Nesterov's momentum, as PyTorch computes it. Default: false. */
  readonly nesterov?: boolean;
  readonly weightDecay: number;
  /** Which parameters decay. */
  readonly decayed: WeightDecayRule;
}

/**
 * `torch.optim.SGD` without dampening, for a gradient g, velocity v (0 before the first step) and parameter p:
 *
 *   g <- g + weightDecay p        v <- momentum v + g        p <- p - learningRate v
 *
 * With `nesterov`, p <- p - learningRate (g + momentum v).
 */
export class Sgd implements Optimizer {
  /** Velocities, named like their parameters. */
  readonly state: readonly StateBuffer[];
  readonly #tf: Tf;
  readonly #flat: FlatParameters;
  readonly #options: SgdOptions;
  readonly #decay: Tensor1D | undefined;

  constructor(tf: Tf, parameters: readonly Parameter[], options: SgdOptions) {
    this.#tf = tf;
    this.#options = options;
    this.#flat = new FlatParameters(tf, parameters);
    this.#decay = this.#flat.decayFactors(options.weightDecay, options.decayed);
    this.state = parameters.map(({ name, variable }) => new KeptTensor(tf, name, tf.zeros(variable.shape as [number])));
  }

  step(gradients: Readonly<Record<string, Tensor>>, learningRate: number): void {
    const tf = this.#tf;
    const { momentum, nesterov = false } = this.#options;
    tf.tidy(() => {
      const { values } = this.#flat;
      const gradient = this.#flat.gradient(gradients);
      const total = this.#decay ? tf.add(gradient, tf.mul(values, this.#decay)) : gradient;
      const before = flat(
        tf,
        this.state.map((it) => it.get()),
      );
      const velocity = tf.add(tf.mul(before, momentum), total) as Tensor1D;
      const direction = nesterov ? tf.add(total, tf.mul(velocity, momentum)) : velocity;
      this.#flat.assign(tf.sub(values, tf.mul(direction, this.#flat.rates(learningRate))));
      this.#flat.parts(velocity).forEach((part, i) => void this.state[i]!.set(part));
    });
  }

  dispose(): void {
    this.#decay?.dispose();
    this.#flat.dispose();
    for (const velocity of this.state) velocity.get().dispose();
  }
}
