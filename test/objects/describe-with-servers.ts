import { describe, test } from 'vitest';
import { MOTO } from './moto.js';
import type { ServerKind } from './object-server.js';
import { VERSITY } from './versity.js';

/**
 * A `describe` for each server of objects. One that isn't named by its variable of the environment is passed over and the reason is printed; if `CI` is
 * set, its tests fail.
 */
export function describeWithEachServer(name: string, fn: (kind: ServerKind, program: string) => void): void {
  for (const kind of [MOTO, VERSITY]) {
    const title = `${name} of ${kind.name}`;
    const program = process.env[kind.variable];
    if (program) describe(title, () => fn(kind, program));
    else if (process.env.CI) {
      test(title, () => {
        throw new Error(`${kind.variable} is not set, and CI is: these tests must not be skipped`);
      });
    } else {
      console.warn(`skipped "${title}": ${kind.variable} is not set`);
      test.skip(`${title} (${kind.variable} is not set)`);
    }
  }
}
