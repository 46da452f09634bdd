import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { latentWeightStatistics } from '../analysis/latent-weights.js';
import type { InferenceFacts } from '../checkpoint/inference-facts.js';
import { BEST, BEST_OF_STAGE_1, LATEST, readCheckpointFile, writeRunFile } from '../checkpoint/output-folder.js';
import { NO_SUMS, type TrainingState } from '../checkpoint/run-state.js';
import { type LoadedCheckpoint, readCheckpoint, writeCheckpoint } from '../checkpoint/training-state.js';
import type { TrainConfig } from '../config/parse-config.js';
import { type BatchPlan, batchesPerEpoch, NO_AUGMENTATION } from '../data/batch-plan.js';
import { type BatchStream, openBatches } from '../data/batch-stream.js';
import type { TrainingData } from '../data/open-data.js';
import { learningRateOf } from '../optimizer/index.js';
import type { StepResult } from '../step.js';
import type { Stage } from '../types.js';
import { type Evaluation, evaluate } from './evaluate.js';
import { FlipCounter, type Flips } from './flip-ratio.js';
import type { EpochMetrics, LayerMetrics, MetricsFile } from './metrics.js';
import { recomputeStatistics } from './recompute-statistics.js';
import { epochsBefore, stageKeys, totalEpochs } from './stages.js';
import { imagesTensor, labelsTensor } from './tensors.js';
import type { Trainee } from './trainee.js';

/** Watches a run. Nothing that it does changes what is computed. */
export interface Observer {
  /** Called while image files are decoded for the first time, before the first step. */
  scan?(done: number, total: number): void;
  /** Called after each step. */
  step?(done: StepProgress): void;
  /** Called after each epoch. */
  epoch?(metrics: EpochMetrics): void;
}

export interface StepProgress {
  readonly stage: Stage;
  readonly epoch: number;
  readonly epochs: number;
  readonly batch: number;
  readonly batches: number;
  readonly loss: number;
  readonly images: number;
  /** Number of the step, counted over the whole run. */
  readonly step: number;
  readonly steps: number;
}

export interface LoopOptions {
  readonly config: TrainConfig;
  readonly trainee: Trainee;
  readonly data: TrainingData;
  /** Written into every checkpoint. */
  readonly facts: InferenceFacts;
  readonly metrics: MetricsFile;
  /** Where the run starts from: its first state, or a checkpoint's together with that checkpoint. */
  readonly start: TrainingState;
  readonly checkpoint?: LoadedCheckpoint | undefined;
  /** When aborted, the run stops after the current step and is saved. */
  readonly signal: AbortSignal;
  readonly observer: Observer;
}

export interface LoopResult {
  readonly isComplete: boolean;
  readonly state: TrainingState;
  /** Result of the last epoch; absent if none has ended. */
  readonly evaluation: Evaluation | undefined;
}

/** Runs the stages, epoch after epoch. One object is one run, from its start or from a checkpoint. */
export class TrainingLoop {
  readonly #options: LoopOptions;
  readonly #batches: number;
  readonly #flips: FlipCounter;
  #state: TrainingState;
  #evaluation: Evaluation | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#state = options.start;
    this.#flips = new FlipCounter(options.trainee.tf, options.trainee.network.binaryLayers);
    this.#batches = batchesPerEpoch(options.data.train.count, {
      batchSize: options.config.batchSize,
      dropsSingle: true,
    });
  }

  /** @throws {SignwaveError} `E_TRAINING`, `E_IO`, `E_IMAGE`; the last checkpoint written is intact. */
  async run(): Promise<LoopResult> {
    const { config, trainee, checkpoint } = this.#options;
    trainee.enterStage(this.#state.stage);
    if (checkpoint) trainee.restore(checkpoint);
    else trainee.network.afterStep();
    if (this.#state.batch === 0) await this.#flips.start();
    for (const key of stageKeys(config)) {
      if (key < this.#state.stage) continue;
      if (key > this.#state.stage) await this.#enterStage(key);
      if (!(await this.#runStage(key))) return this.#result(false);
    }
    return this.#result(true);
  }

  #result(isComplete: boolean): LoopResult {
    return { isComplete, state: this.#state, evaluation: this.#evaluation };
  }

  /** The second stage starts from the latent weights of the first stage's best epoch, as in the authors' code. */
  async #enterStage(key: Stage): Promise<void> {
    const { config, trainee } = this.#options;
    const path = join(config.output, BEST_OF_STAGE_1);
    trainee.enterStage(key);
    trainee.restore(readCheckpoint(await readCheckpointFile(path), path));
    await this.#flips.start();
    const epoch = config.stages[key]!.firstEpoch;
    this.#state = { ...this.#state, stage: key, epoch, batch: 0, bestAccuracy: -1, bestEpoch: -1 };
  }

  /** @returns false if the run was stopped. */
  async #runStage(key: Stage): Promise<boolean> {
    const { config, data } = this.#options;
    const { epochs, firstEpoch } = config.stages[key]!;
    // Batches count epochs over both stages, because each epoch has its own order of images.
    const offset = epochsBefore(config, key) - firstEpoch;
    const first = { epoch: offset + this.#state.epoch, batch: this.#state.batch };
    const stream = openBatches(data.train, this.#plan(true), { first, epochs: offset + epochs });
    try {
      while (this.#state.epoch < epochs) {
        if (!(await this.#runEpoch(key, stream))) return false;
      }
    } finally {
      await stream.close();
    }
    return true;
  }

  /** Runs the rest of an epoch. @returns false if the run was stopped. */
  async #runEpoch(key: Stage, stream: BatchStream): Promise<boolean> {
    const { config, signal, trainee } = this.#options;
    const stage = config.stages[key]!;
    const progress = (this.#state.epoch - stage.firstEpoch) / (stage.epochs - stage.firstEpoch);
    const startMs = performance.now();
    const imagesBefore = this.#state.sums.images;
    let learningRate = 0;
    while (this.#state.batch < this.#batches) {
      // Node gives up to a thousand messages of a thread that has batches ready before it looks for a signal to the process.
      await nextTurn();
      if (signal.aborted) {
        await this.#save(LATEST, true);
        return false;
      }
      // Never without the first step: a run that stopped in between would do it again when it goes on.
      if (this.#state.batch === 0) await trainee.beforeEpoch(progress);
      learningRate = learningRateOf(this.#state.epoch, this.#state.batch / this.#batches, stage);
      await this.#step(key, stream, learningRate, progress);
    }
    const seconds = (performance.now() - startMs) / 1000;
    await this.#endEpoch(key, learningRate, (this.#state.sums.images - imagesBefore) / seconds);
    return true;
  }

  async #step(key: Stage, stream: BatchStream, learningRate: number, progress: number): Promise<void> {
    const { config, trainee, data, metrics, observer } = this.#options;
    const startMs = performance.now();
    const batch = await stream.next();
    if (!batch) throw new Error('the stream of batches ended before the epoch did');
    const { tf } = trainee;
    const images = imagesTensor(tf, batch, data);
    const labels = labelsTensor(tf, batch);
    const step = this.#state.step + 1;
    let result: StepResult;
    try {
      result = await trainee.step(images, labels, { learningRate, progress, step, views: batch.views });
    } finally {
      tf.dispose([images, labels]);
    }
    const { sums, epoch } = this.#state;
    this.#state = {
      ...this.#state,
      batch: this.#state.batch + 1,
      step,
      sums: {
        images: sums.images + batch.count,
        loss: sums.loss + result.loss * batch.count,
        correct: sums.correct + result.correct,
      },
    };
    if (step % config.metricsEverySteps === 0) {
      await metrics.append({
        kind: 'step',
        stage: key,
        epoch,
        step,
        learningRate,
        loss: result.loss,
        crossEntropy: result.crossEntropy,
        regulariser: result.regulariser,
        accuracy: result.correct / batch.count,
        imagesPerSecond: (1000 * batch.count) / (performance.now() - startMs),
      });
    }
    observer.step?.({
      stage: key,
      epoch,
      epochs: config.stages[key]!.epochs,
      batch: this.#state.batch,
      batches: this.#batches,
      loss: result.loss,
      images: batch.count,
      step,
      steps: this.#batches * totalEpochs(config),
    });
  }

  /**
   * Test, record and save. The best checkpoint is written first, so that a crash in between repeats the epoch rather than losing its best.
   */
  async #endEpoch(key: Stage, learningRate: number, imagesPerSecond: number): Promise<void> {
    const { trainee, data, metrics, observer } = this.#options;
    const { epoch, step, sums } = this.#state;
    await this.#recomputeStatistics(key);
    const testBatches = openBatches(data.test, this.#plan(false), { first: { epoch: 0, batch: 0 }, epochs: 1 });
    this.#evaluation = await evaluate(trainee.tf, trainee.network, testBatches, data);
    const { accuracy, loss } = this.#evaluation;
    const flips = await this.#flips.count();
    const line: EpochMetrics = {
      kind: 'epoch',
      stage: key,
      epoch,
      step,
      learningRate,
      trainLoss: sums.loss / sums.images,
      trainAccuracy: sums.correct / sums.images,
      testLoss: loss,
      testAccuracy: accuracy,
      imagesPerSecond,
      ...(flips && { flipRatio: flips.all }),
      layers: await this.#layerMetrics(flips),
    };
    const isBest = accuracy > this.#state.bestAccuracy;
    this.#state = { ...this.#state, epoch: epoch + 1, batch: 0, sums: NO_SUMS };
    if (isBest) {
      this.#state = { ...this.#state, bestAccuracy: accuracy, bestEpoch: epoch };
      await this.#save(this.#hasStageAfter(key) ? BEST_OF_STAGE_1 : BEST, false);
    }
    await metrics.append(line);
    await this.#save(LATEST, true);
    observer.epoch?.(line);
  }

  /** The images are the first of a training epoch, the same every time, so that a resumed run has the same statistics. */
  async #recomputeStatistics(key: Stage): Promise<void> {
    const { config, trainee, data } = this.#options;
    const { statisticsImages: images } = config.stages[key]!;
    if (images === 0) return;
    const batches = openBatches(data.train, this.#plan(true), { first: { epoch: 0, batch: 0 }, epochs: 1 });
    await recomputeStatistics(trainee.tf, trainee.network, batches, { images, shape: data });
  }

  async #layerMetrics(flips: Flips | undefined): Promise<LayerMetrics[]> {
    const { trainee, config } = this.#options;
    const layers: LayerMetrics[] = [];
    for (const { name, weight } of trainee.network.binaryLayers) {
      const values = (await weight.data()) as Float32Array;
      const { b, quantizationError } = latentWeightStatistics(values, config.omega0);
      layers.push({ name, b, quantizationError, ...(flips && { flipRatio: flips.byLayer.get(name)! }) });
    }
    return layers;
  }

  async #save(name: string, withOptimizer: boolean): Promise<void> {
    const { config, trainee, facts } = this.#options;
    const optimizerState = withOptimizer ? trainee.optimizerState : [];
    const bytes = await writeCheckpoint(trainee.network, optimizerState, this.#state, facts);
    await writeRunFile(join(config.output, name), bytes);
  }

  #hasStageAfter(key: Stage): boolean {
    return stageKeys(this.#options.config).some((other) => other > key);
  }

  #plan(isTraining: boolean): BatchPlan {
    const { seed, batchSize, data } = this.#options.config;
    return {
      seed,
      batchSize,
      shuffle: isTraining,
      augmentation: isTraining ? data.augmentation : NO_AUGMENTATION,
      mean: data.mean,
      std: data.std,
      side: data.side,
      dropsSingle: isTraining,
    };
  }
}
