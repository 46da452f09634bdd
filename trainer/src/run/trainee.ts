import { SignwaveError } from '@signwave/format';
import type { LoadedCheckpoint } from '../checkpoint/training-state.js';
import { restoreNetwork, tensorOf } from '../checkpoint/training-state.js';
import type { TrainConfig } from '../config/parse-config.js';
import { cachedLogits } from '../distillation/cached-logits.js';
import type { LogitsCache } from '../distillation/logits-cache.js';
import { createOptimizer, type Optimizer } from '../optimizer/index.js';
import { type Distillation, type StepResult, trainStep } from '../step.js';
import type { Network, Stage, StateBuffer, Tensor, Tensor1D, Tensor2D, Tensor4D, Tf } from '../types.js';

/** Settings that change from epoch to epoch. */
export interface StepSettings {
  readonly learningRate: number;
  /** Share of this stage's epochs that is done, in [0, 1). */
  readonly progress: number;
  /** Number of this step in the run, from 1; for messages. */
  readonly step: number;
  /** (N), numbers of the images' views, if they have any. */
  readonly views?: Int32Array | undefined;
}

/** A network and its optimizer: what steps change, and what a checkpoint stores. */
export class Trainee {
  #optimizer: Optimizer | undefined;

  constructor(
    readonly tf: Tf,
    readonly network: Network,
    private readonly config: TrainConfig,
    private readonly distillation?: Distillation,
    private readonly cache?: LogitsCache,
  ) {}

  /** What the optimizer goes on from, such as SGD's velocities. */
  get optimizerState(): readonly StateBuffer[] {
    return this.#optimizer?.state ?? [];
  }

  /** Set the network to a stage, and start its optimizer anew. */
  enterStage(stage: Stage): void {
    this.#optimizer?.dispose();
    this.#optimizer = createOptimizer(this.tf, this.network.parameters, this.config.stages[stage]!);
    this.network.stage = stage;
  }

  /** @throws {SignwaveError} `E_RESUME` if the checkpoint belongs to another network; nothing is changed then. */
  restore(checkpoint: LoadedCheckpoint): void {
    const stored = restoreNetwork(this.tf, this.network, checkpoint);
    if (stored.size === 0) return;
    for (const buffer of this.optimizerState) {
      const value = stored.get(buffer.name);
      const { shape } = buffer.get();
      if (value?.shape.length !== shape.length || value.shape.some((size, i) => size !== shape[i])) {
        throw new SignwaveError(
          'E_RESUME',
          `${checkpoint.path} has no state "${buffer.name}" (${shape.join(', ')}) of the optimizer: it was written with another`,
        );
      }
      buffer.set(tensorOf(this.tf, value));
    }
  }

  /** What the method does before an epoch. @param progress share of this stage's epochs that is done, in [0, 1). */
  async beforeEpoch(progress: number): Promise<void> {
    this.network.progress = progress;
    await this.network.beforeEpoch();
  }

  /**
   * One step of the optimizer.
   *
   * @param images (N, H, W, C) float32.
   * @param labels (N) int32.
   * @throws {SignwaveError} `E_TRAINING` if the loss is not finite.
   */
  async step(images: Tensor4D, labels: Tensor1D, settings: StepSettings): Promise<StepResult> {
    const { tf, network, config, distillation } = this;
    network.progress = settings.progress;
    const teacherLogits = await this.#teacherLogits(images, settings.views);
    // A clone shares its data, and a step replaces data rather than overwriting them, so this costs no copy.
    const before = namedTensors(network).map(([name, tensor]) => ({ name, tensor: tf.clone(tensor) }));
    try {
      const result = await trainStep({
        tf,
        network,
        optimizer: this.#optimizer!,
        images,
        labels,
        learningRate: settings.learningRate,
        tau: config.stages[network.stage]!.tau,
        labelSmoothing: config.labelSmoothing,
        ...(distillation && { distillation }),
        ...(teacherLogits && { teacherLogits }),
      });
      if (Number.isFinite(result.loss)) return result;
      throw new SignwaveError(
        'E_TRAINING',
        `the loss became ${result.loss} in step ${settings.step} (learning rate ${settings.learningRate}): ${await blame(before)}; a lower learning rate may help, and --resume goes on from the last epoch`,
      );
    } finally {
      for (const { tensor } of before) tensor.dispose();
      teacherLogits?.dispose();
    }
  }

  async #teacherLogits(images: Tensor4D, views: Int32Array | undefined): Promise<Tensor2D | undefined> {
    if (!this.distillation || !this.cache || !views) return undefined;
    return cachedLogits(this.tf, this.distillation.teacher, this.cache, images, views);
  }

  dispose(): void {
    this.#optimizer?.dispose();
    this.network.dispose();
    this.distillation?.teacher.dispose();
  }
}

function namedTensors(network: Network): [string, Tensor][] {
  return [
    ...network.parameters.map(({ name, variable }): [string, Tensor] => [name, variable]),
    ...network.buffers.map((buffer): [string, Tensor] => [buffer.name, buffer.get()]),
  ];
}

/** The tensor that a step failed with: the first that was not finite before it, else the one with the largest value. */
async function blame(tensors: readonly { readonly name: string; readonly tensor: Tensor }[]): Promise<string> {
  let largest = { name: '', magnitude: -1 };
  for (const { name, tensor } of tensors) {
    for (const value of await tensor.data()) {
      if (!Number.isFinite(value)) return `"${name}" held ${value} before it`;
      if (Math.abs(value) > largest.magnitude) largest = { name, magnitude: Math.abs(value) };
    }
  }
  return `the largest value before it was ${largest.magnitude.toPrecision(3)}, in "${largest.name}"`;
}
