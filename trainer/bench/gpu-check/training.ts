import { join } from 'node:path';
import { parseConfig } from '../../src/config/parse-config.js';
import type { EpochMetrics } from '../../src/run/metrics.js';
import { train } from '../../src/run/train.js';
import type { TrainingBackend } from '../../src/types.js';
import type { Manifest } from './bundle-layout.js';
import type { Findings, Report } from './report.js';
import { cifarIn } from './unpack.js';

const NETWORK = 'resnet20_1w1a';
const FOLDER = 'training';
/** Share of the time that is planned for steps; tests, statistics and saving have the rest. */
const STEP_SHARE = 0.8;

export interface TrainingPlan {
  readonly batch: number;
  readonly seconds: number;
  /** What was measured for this batch; undefined if nothing was. */
  readonly imagesPerSecond: number | undefined;
}

/** As many epochs as fit, of which the last third is stage 2, in which the weights are signs. */
export function plannedEpochs({ seconds, imagesPerSecond = 0 }: TrainingPlan, images: number): number {
  return Math.max(1, Math.floor((STEP_SHARE * seconds * imagesPerSecond) / images));
}

/**
 * Train ResNet-20 by BiPer until the plan is done or its time is over; then it is saved where it is.
 *
 * @param out gets the run's folder.
 * @param record called after each epoch.
 */
export async function trainFor(
  backend: TrainingBackend,
  plan: TrainingPlan,
  { work, out, manifest }: { work: string; out: string; manifest: Manifest },
  record: (found: Findings<Report['training']>) => void,
): Promise<Findings<Report['training']>> {
  const count = plannedEpochs(plan, manifest.trainImages);
  const config = configOf(count, plan.batch, cifarIn(work), join(out, FOLDER));
  const epochs: Findings<Report['training']>['epochs'] = [];
  let steps = 0;
  const found = (isComplete: boolean): Findings<Report['training']> => ({
    network: NETWORK,
    batch: plan.batch,
    images: manifest.trainImages,
    testImages: manifest.testImages,
    plannedEpochs: count,
    steps,
    isComplete,
    epochs,
    checkpoint: `${FOLDER}/latest.safetensors`,
  });
  const { isComplete } = await train({
    config: parseConfig(JSON.stringify(config), 'the config of the check'),
    backend,
    overwrite: true,
    signal: AbortSignal.timeout(Math.max(1, 1000 * plan.seconds)),
    observer: {
      step: (done) => {
        steps = done.step;
      },
      epoch: (metrics) => {
        epochs.push(epochOf(metrics));
        record(found(false));
      },
    },
  });
  return found(isComplete);
}

function epochOf({ stage, epoch, trainLoss, testAccuracy, imagesPerSecond }: EpochMetrics) {
  console.log(`stage ${stage}, epoch ${epoch + 1}: ${(100 * testAccuracy).toFixed(2)} % of the test images`);
  return { stage, epoch, trainLoss, testAccuracy, imagesPerSecond };
}

function configOf(epochs: number, batchSize: number, folder: string, output: string) {
  const second = Math.floor(epochs / 3);
  return {
    architecture: NETWORK,
    omega0: 20,
    recipe: 'code',
    stages: {
      '1': { epochs: epochs - second, learningRate: 0.1, weightDecay: 1e-4, tau: 1e-4, warmUpEpochs: 0 },
      ...(second > 0 && {
        '2': { epochs: second, learningRate: 0.02, weightDecay: 1e-5, tau: 1e-4, warmUpEpochs: 0 },
      }),
    },
    batchSize,
    data: { format: 'cifar10', folder },
    output,
  };
}
