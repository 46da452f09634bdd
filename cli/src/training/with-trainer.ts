import type { BackendName, EpochMetrics, TrainConfig, TrainOptions, TrainResult } from '@signwave/trainer';
import { percent, printNote } from '../report/output.js';
import { progressBar } from '../report/progress.js';
import { onInterrupt } from './interrupt.js';

/** What trains one config after the other in this process. */
export interface Trainer {
  readonly backend: string;
  /** Aborted when the process is to end: a training then stops after its step and is saved. */
  readonly signal: AbortSignal;
  /** Does what Ctrl-C does. */
  stop(): void;
  train(config: TrainConfig, how: TrainHow): Promise<TrainResult>;
}

interface TrainHow extends Pick<TrainOptions, 'resume' | 'overwrite' | 'strict'> {
  /** Called when an epoch is saved. */
  readonly onEpoch?: (() => void) | undefined;
}

/** Trains on the fastest back end, or on `force`; progress goes to stderr. @throws {SignwaveError} as `chooseBackend`, and what `work` throws. */
export async function withTrainer<T>(
  force: BackendName | undefined,
  work: (trainer: Trainer) => Promise<T>,
): Promise<T> {
  const { chooseBackend, ProgressBar, train } = await import('@signwave/trainer');
  const backend = await chooseBackend({ force, log: printNote });
  let bar = new ProgressBar(process.stderr);
  const interrupt = onInterrupt(() => {
    bar.clear();
    printNote('stopping after this step; once more to stop at once, without saving');
  });
  const trainConfig: Trainer['train'] = async (config, { onEpoch, ...how }) => {
    bar = new ProgressBar(process.stderr);
    const result = await train({
      ...how,
      config,
      backend,
      signal: interrupt.signal,
      log: printNote,
      observer: {
        scan: progressBar('decoding each image once'),
        step: (done) => bar.update(done),
        epoch: (metrics) => {
          bar.clear();
          printNote(epochLine(metrics, config));
          onEpoch?.();
        },
      },
    });
    bar.clear();
    return result;
  };
  try {
    return await work({ backend: backend.name, signal: interrupt.signal, stop: interrupt.stop, train: trainConfig });
  } finally {
    interrupt.end();
  }
}

function epochLine(metrics: EpochMetrics, config: TrainConfig): string {
  const { stage, epoch, learningRate, trainLoss, trainAccuracy, testLoss, testAccuracy, imagesPerSecond } = metrics;
  return [
    `stage ${stage}, epoch ${epoch + 1}/${config.stages[stage]?.epochs}`,
    `learning rate ${learningRate.toPrecision(3)}`,
    `training ${trainLoss.toFixed(4)}, ${percent(trainAccuracy, 1)}`,
    `test ${testLoss.toFixed(4)}, ${percent(testAccuracy, 1)}`,
    `${imagesPerSecond.toFixed(0)} images/s`,
  ].join('; ');
}
