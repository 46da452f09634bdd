import type { StateBuffer, Tensor } from '../types.js';

/** `adam` adds weight decay to the gradient, `adamw` shrinks the parameter by it, as the classes of `torch.optim` do. */
export const OPTIMIZERS = ['sgd', 'adam', 'adamw'] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export interface Optimizer {
  /** What the next step depends on beside the parameters. A run needs it to go on. */
  readonly state: readonly StateBuffer[];
  /**
   * Updates all parameters.
   *
   * @param gradients by the variables' names in tfjs, as `tf.variableGrads` gives them; a parameter without one has the gradient 0.
   */
  step(gradients: Readonly<Record<string, Tensor>>, learningRate: number): void;
  dispose(): void;
}
