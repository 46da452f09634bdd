import type { TrainingBackend } from '../types.js';

/** A back end that works and has been made tfjs's current one. It doesn't know which others were tried before it. */
export type OpenedBackend = Omit<TrainingBackend, 'skipped'>;

/** A back end that can't be used on this machine. */
export interface Unavailable {
  /** What was found, without a full stop at the end. */
  readonly reason: string;
  /** What the user can do, in one or more sentences. */
  readonly remedy: string;
}

export type Attempt = OpenedBackend | Unavailable;

export function isUnavailable(attempt: Attempt): attempt is Unavailable {
  return 'reason' in attempt;
}
