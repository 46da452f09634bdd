import { type ErrorCode, SignwaveError } from './errors.js';

/** An error that takes several lines: a table of what was found. In `message` they are joined. */
export class LongError extends SignwaveError {
  constructor(
    code: ErrorCode,
    readonly lines: readonly string[],
    options?: ErrorOptions,
  ) {
    super(code, lines.join('\n'), options);
  }
}
