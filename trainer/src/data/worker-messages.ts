import type { ImageSet } from '@signwave/data';
import type { ErrorCode } from '@signwave/format';
import type { Batch, BatchPlan } from './batch-plan.js';
import type { BatchRange } from './make-batches.js';

/** What a data worker is started with. */
export interface WorkerTask {
  readonly set: ImageSet;
  readonly plan: BatchPlan;
  readonly range: BatchRange;
  /** How many batches it may send before it is given more credit. */
  readonly credits: number;
}

/** What a data worker sends: batches in order and then that it is done, or an error and nothing after it. */
export type WorkerMessage =
  | { readonly batch: Batch }
  | { readonly done: true }
  | { readonly error: { readonly code: ErrorCode | undefined; readonly message: string } };
