import { appendFile, readFile } from 'node:fs/promises';
import { systemReason } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { writeRunFile } from '../checkpoint/output-folder.js';
import type { StageKey } from '../config/recipes.js';

/** A binary layer's latent weights at the end of an epoch. */
export interface LayerMetrics {
  readonly name: string;
  /** Mean |w|, the scale of the Laplace distribution that fits best. */
  readonly b: number;
  /** Eq. 15 of the paper. */
  readonly quantizationError: number;
}

export interface StepMetrics {
  readonly kind: 'step';
  readonly stage: StageKey;
  readonly epoch: number;
  /** Steps done in the run. */
  readonly step: number;
  readonly learningRate: number;
  readonly loss: number;
  readonly crossEntropy: number;
  /** Without its factor tau. */
  readonly regulariser: number;
  /** On this batch, 0 to 1. */
  readonly accuracy: number;
  readonly imagesPerSecond: number;
}

export interface EpochMetrics {
  readonly kind: 'epoch';
  readonly stage: StageKey;
  readonly epoch: number;
  readonly step: number;
  readonly learningRate: number;
  /** Means over the epoch's batches, as they were trained on. */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly testLoss: number;
  readonly testAccuracy: number;
  /** Of training alone. */
  readonly imagesPerSecond: number;
  readonly layers: readonly LayerMetrics[];
}

export type Metrics = StepMetrics | EpochMetrics;

/** A file of one JSON object a line. */
export class MetricsFile {
  constructor(private readonly path: string) {}

  async append(metrics: Metrics): Promise<void> {
    try {
      await appendFile(this.path, `${JSON.stringify(metrics)}\n`);
    } catch (cause) {
      throw new SignwaveError('E_IO', `${this.path} can't be written: ${systemReason(cause)}`, { cause });
    }
  }

  /** All whole lines, in order; none if there is no file. */
  async read(): Promise<Metrics[]> {
    const text = await readFile(this.path, 'utf8').catch(() => '');
    const lines = text.split('\n');
    // A line without its end was cut by a crash.
    lines.pop();
    return lines.map((line) => JSON.parse(line));
  }

  /** Forget what came after `step`: the run goes on from there. */
  async cutAfter(step: number): Promise<void> {
    const kept = (await this.read()).filter((metrics) => metrics.step <= step);
    const text = kept.map((metrics) => `${JSON.stringify(metrics)}\n`).join('');
    await writeRunFile(this.path, new TextEncoder().encode(text));
  }
}
