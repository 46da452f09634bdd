import { describe, test } from 'vitest';
import { MOTO } from './moto.js';
import type { ServerKind } from './object-server.js';
import { VERSITY } from './versity.js';

/**
 * A `describe` for a server of objects. If its variable of the environment isn't set, its tests are skipped and the reason is printed; in CI, if the server
 * belongs to the run, they fail.
 */
export function describeWithServer(kind: ServerKind, name: string, fn: (program: string) => void): void {
  const title = `${name} of ${kind.name}`;
  const program = process.env[kind.variable];
  if (program) describe(title, () => fn(program));
  else if (process.env.CI && (process.env.SIGNWAVE_FULL || !kind.isForFullRuns)) {
    test(title, () => {
      throw new Error(`${kind.variable} is not set, and CI is: these tests must not be skipped`);
    });
  } else {
    console.warn(`skipped "${title}": ${kind.variable} is not set`);
    test.skip(`${title} (${kind.variable} is not set)`);
  }
}

/** Does that for all of them. */
export function describeWithEachServer(name: string, fn: (kind: ServerKind, program: string) => void): void {
  for (const kind of [MOTO, VERSITY]) describeWithServer(kind, name, (program) => fn(kind, program));
}
