import { KeptTensor } from '../layers/layer-store.js';
import type { Parameter, StateBuffer, Tensor, Tensor1D, Tf } from '../types.js';
import { FlatParameters, flat } from './flat-parameters.js';
import type { Optimizer } from './optimizer.js';
import type { WeightDecayRule } from './weight-decay.js';

export interface AdamOptions {
  /** Weight decay shrinks the parameter (`AdamW`) rather than being added to the gradient (`Adam`). */
  readonly isDecoupled: boolean;
  readonly weightDecay: number;
  /** Which parameters decay. */
  readonly decayed: WeightDecayRule;
}

/** PyTorch's defaults. */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Names of the state in a checkpoint, before the parameter's. */
const FIRST = 'adam-first.';
const SECOND = 'adam-second.';
const STEPS = 'adam-steps';

/**
 * `torch.optim.Adam` and `torch.optim.AdamW`, for a gradient g and parameter p, in step t = 1, 2, ...:
 *
 *   g <- g + weightDecay p  (Adam)        p <- p - learningRate weightDecay p  (AdamW)
 *   m <- 0.9 m + 0.1 g                    v <- 0.999 v + 0.001 g^2
 *   p <- p - learningRate / (1 - 0.9^t) m / (sqrt(v) / sqrt(1 - 0.999^t) + 1e-8)
 */
export class Adam implements Optimizer {
  readonly state: readonly StateBuffer[];
  readonly #tf: Tf;
  readonly #flat: FlatParameters;
  readonly #isDecoupled: boolean;
  readonly #decay: Tensor1D | undefined;
  readonly #first: readonly StateBuffer[];
  readonly #second: readonly StateBuffer[];
  /** (), int32. */
  readonly #steps: StateBuffer;

  constructor(tf: Tf, parameters: readonly Parameter[], { isDecoupled, weightDecay, decayed }: AdamOptions) {
    this.#tf = tf;
    this.#flat = new FlatParameters(tf, parameters);
    this.#isDecoupled = isDecoupled;
    this.#decay = this.#flat.decayFactors(weightDecay, decayed);
    const moments = (prefix: string): StateBuffer[] =>
      parameters.map(({ name, variable }) => new KeptTensor(tf, prefix + name, tf.zeros(variable.shape as [number])));
    this.#first = moments(FIRST);
    this.#second = moments(SECOND);
    this.#steps = new KeptTensor(tf, STEPS, tf.scalar(0, 'int32'));
    this.state = [...this.#first, ...this.#second, this.#steps];
  }

  step(gradients: Readonly<Record<string, Tensor>>, learningRate: number): void {
    const tf = this.#tf;
    const mix = (moments: readonly StateBuffer[], beta: number, value: Tensor1D): Tensor1D => {
      const before = flat(
        tf,
        moments.map((it) => it.get()),
      );
      return tf.add(tf.mul(before, beta), tf.mul(value, 1 - beta));
    };
    tf.tidy(() => {
      const { values } = this.#flat;
      const rates = this.#flat.rates(learningRate);
      const decayed = this.#decay && tf.mul(values, this.#decay);
      const given = this.#flat.gradient(gradients);
      const gradient = decayed && !this.#isDecoupled ? tf.add(given, decayed) : given;
      const shrunk = decayed && this.#isDecoupled ? tf.sub(values, tf.mul(decayed, rates)) : values;
      const first = mix(this.#first, BETA1, gradient as Tensor1D);
      const second = mix(this.#second, BETA2, tf.square(gradient as Tensor1D));
      const steps = tf.add(this.#steps.get(), tf.scalar(1, 'int32'));
      const t = tf.cast(steps, 'float32');
      const corrected = (beta: number): Tensor => tf.sub(1, tf.pow(beta, t));
      const root = tf.add(tf.div(tf.sqrt(second), tf.sqrt(corrected(BETA2))), EPSILON);
      const direction = tf.div(tf.div(first, corrected(BETA1)), root);
      this.#flat.assign(tf.sub(shrunk, tf.mul(direction, rates)) as Tensor1D);
      this.#flat.parts(first).forEach((part, i) => void this.#first[i]!.set(part));
      this.#flat.parts(second).forEach((part, i) => void this.#second[i]!.set(part));
      this.#steps.set(steps);
    });
  }

  dispose(): void {
    this.#decay?.dispose();
    this.#flat.dispose();
    for (const buffer of this.state) buffer.get().dispose();
  }
}
