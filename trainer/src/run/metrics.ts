import { appendFile } from 'node:fs/promises';
import { fileExists, readFileBytes, systemReason } from '@signwave/data/node';
import { parseJsonText, SignwaveError } from '@signwave/format';
import * as v from 'valibot';
import { writeRunFile } from '../checkpoint/output-folder.js';
import type { Stage } from '../types.js';

/** A binary layer's latent weights at the end of an epoch. */
export interface LayerMetrics {
  readonly name: string;
  /** Mean |w|, the scale of the Laplace distribution that fits the weights best. */
  readonly b: number;
  /** Quantization error, eq. 15 of the paper. */
  readonly quantizationError: number;
  /** Share of the layer's binary weights whose sign has changed since the epoch before; as that of {@link EpochMetrics}. */
  readonly flipRatio?: number;
}

export interface StepMetrics {
  readonly kind: 'step';
  readonly stage: Stage;
  readonly epoch: number;
  /** Number of steps done in the run. */
  readonly step: number;
  readonly learningRate: number;
  readonly loss: number;
  readonly crossEntropy: number;
  /** The regulariser without its factor tau. */
  readonly regulariser: number;
  /** Accuracy on this batch, 0 to 1. */
  readonly accuracy: number;
  readonly imagesPerSecond: number;
}

export interface EpochMetrics {
  readonly kind: 'epoch';
  readonly stage: Stage;
  readonly epoch: number;
  readonly step: number;
  readonly learningRate: number;
  /** Mean over the epoch's batches, as they were during training. */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly testLoss: number;
  readonly testAccuracy: number;
  /** Speed of training alone, without tests. */
  readonly imagesPerSecond: number;
  /**
   * Share of all binary weights whose sign has changed since the epoch before, or since the stage began. Absent in float networks, and for an
   * epoch in which a run was resumed, since nobody knows the signs before it.
   */
  readonly flipRatio?: number;
  readonly layers: readonly LayerMetrics[];
}

export type Metrics = StepMetrics | EpochMetrics;

/** JSON has no NaN: it is null. */
const number = v.nullable(v.number());
const whole = v.pipe(v.number(), v.safeInteger());
/** What the report shows of a line. */
const LINE = v.variant('kind', [
  v.object({ kind: v.literal('step'), step: whole, loss: number }),
  v.object({
    kind: v.literal('epoch'),
    stage: v.picklist(['1', '2']),
    epoch: whole,
    step: whole,
    learningRate: number,
    trainLoss: number,
    trainAccuracy: v.number(),
    testLoss: number,
    testAccuracy: v.number(),
    layers: v.array(v.object({ name: v.string(), b: number, quantizationError: number })),
  }),
]);

/** A file with one JSON object on each line. */
export class MetricsFile {
  constructor(private readonly path: string) {}

  async append(metrics: Metrics): Promise<void> {
    try {
      await appendFile(this.path, `${JSON.stringify(metrics)}\n`);
    } catch (cause) {
      throw new SignwaveError('E_IO', `${this.path} can't be written: ${systemReason(cause)}`, { cause });
    }
  }

  /** All whole lines, in order; empty if there is no file. @throws {SignwaveError} `E_IO`; `E_RESUME` for a line that no run wrote. */
  async read(): Promise<Metrics[]> {
    if (!(await fileExists(this.path))) return [];
    const lines = new TextDecoder().decode(await readFileBytes(this.path, 'E_IO')).split('\n');
    // A line without its line end was cut off by a crash.
    lines.pop();
    return lines.map((line, i) => this.#parse(line, i + 1));
  }

  #parse(text: string, line: number): Metrics {
    let value: unknown;
    try {
      value = parseJsonText(text);
    } catch {
      // The error below says so, as for JSON of another kind.
    }
    if (v.is(LINE, value)) return value as Metrics;
    throw new SignwaveError(
      'E_RESUME',
      `${this.path}: line ${line} is no line of metrics; repair it, or delete the file`,
    );
  }

  /** Drop the lines after `step`, because the run goes on from there. */
  async cutAfter(step: number): Promise<void> {
    const kept = (await this.read()).filter((metrics) => metrics.step <= step);
    const text = kept.map((metrics) => `${JSON.stringify(metrics)}\n`).join('');
    await writeRunFile(this.path, new TextEncoder().encode(text));
  }
}
