import { SignwaveError } from '@signwave/format';

/**
 * What this machine lacks for every line of a kind: a package, credentials. The line isn't to blame, so this is no answer to it: the run ends, no
 * part of it counts as finished, and a machine that has it can answer all lines.
 */
export class SetupError extends SignwaveError {}
