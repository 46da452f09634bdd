import { spawnSync } from 'node:child_process';
import { describe, test } from 'vitest';
import { NATS_SERVER } from './nats-server.js';

/**
 * A `describe` for tests that need NATS's server (Debian: nats-server). Without it they are skipped and the reason is printed; if `CI` is set, they fail.
 */
export function describeWithNats(name: string, fn: () => void): void {
  const { error } = spawnSync(NATS_SERVER, ['--version']);
  if (!error) describe(name, fn);
  else if (process.env.CI) {
    test(name, () => {
      throw new Error(`${NATS_SERVER} is missing, and CI is set: tests that need it must not be skipped`);
    });
  } else {
    console.warn(`skipped "${name}": ${NATS_SERVER} is absent`);
    test.skip(`${name} (${NATS_SERVER} is absent)`);
  }
}
