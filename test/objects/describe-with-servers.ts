import { describeIfThere } from '../describe-if-there.js';
import { MOTO } from './moto.js';
import type { ServerKind } from './object-server.js';
import { VERSITY } from './versity.js';

/**
 * A `describe` for a server of objects. If its variable of the environment isn't set, its tests are skipped and the reason is printed; in CI, if the server
 * belongs to the run, they fail.
 */
export function describeWithServer(kind: ServerKind, name: string, fn: (program: string) => void): void {
  const program = process.env[kind.variable];
  const mustRun = Boolean(process.env.CI && (process.env.SIGNWAVE_FULL || !kind.isForFullRuns));
  const failure = `${kind.variable} is not set, and CI is: these tests must not be skipped`;
  const absence = program ? undefined : `${kind.variable} is not set`;
  describeIfThere(`${name} of ${kind.name}`, absence, { mustRun, failure }, () => fn(program!));
}

/** Does that for all of them. */
export function describeWithEachServer(name: string, fn: (kind: ServerKind, program: string) => void): void {
  for (const kind of [MOTO, VERSITY]) describeWithServer(kind, name, (program) => fn(kind, program));
}
