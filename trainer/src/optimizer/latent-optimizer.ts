import type { StateBuffer, Tensor } from '../types.js';
import type { Optimizer } from './optimizer.js';

/** Of the state in a checkpoint, so that two optimizers of one kind don't share names. */
const PREFIX = 'latent.';

/** Latent weights of binary layers by one optimizer and everything else by another, like larq's `CaseOptimizer`. */
export class LatentOptimizer implements Optimizer {
  readonly state: readonly StateBuffer[];

  /** @param rate of the latent weights, as a multiple of the others'. */
  constructor(
    private readonly others: Optimizer,
    private readonly latents: Optimizer,
    private readonly rate: number,
  ) {
    const named = latents.state.map((buffer) => ({
      name: PREFIX + buffer.name,
      get: () => buffer.get(),
      set: (value: Tensor) => buffer.set(value),
    }));
    this.state = [...others.state, ...named];
  }

  step(gradients: Readonly<Record<string, Tensor>>, learningRate: number): void {
    this.others.step(gradients, learningRate);
    this.latents.step(gradients, learningRate * this.rate);
  }

  dispose(): void {
    this.others.dispose();
    this.latents.dispose();
  }
}
