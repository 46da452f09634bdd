import { spawnSync } from 'node:child_process';
import { describeIfThere } from '../describe-if-there.js';
import { NATS_SERVER } from './nats-server.js';

/**
 * A `describe` for tests that need NATS's server (Debian: nats-server). Without it they are skipped and the reason is printed; if `CI` is set, they fail.
 */
export function describeWithNats(name: string, fn: () => void): void {
  const { error } = spawnSync(NATS_SERVER, ['--version']);
  const failure = `${NATS_SERVER} is missing, and CI is set: tests that need it must not be skipped`;
  describeIfThere(name, error && `${NATS_SERVER} is absent`, { mustRun: Boolean(process.env.CI), failure }, fn);
}
