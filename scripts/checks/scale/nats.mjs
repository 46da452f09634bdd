import { join } from 'node:path';
import { freePort } from '../../modules/free-port.mjs';
import { start, stop } from './servers.mjs';

/**
 * Runs NATS's server on this machine, with JetStream in a folder.
 *
 * @template T
 * @param {string} folder @param {(variables: Readonly<Record<string, string>>) => Promise<T>} use takes the variables that signwave's commands need
 * @returns {Promise<T>}
 */
export async function withBroker(folder, use) {
  const port = await freePort();
  const server = start('nats-server', ['-js', '-a', '127.0.0.1', '-p', String(port), '-sd', join(folder, 'store')]);
  try {
    return await use({ NATS_URL: `nats://127.0.0.1:${port}` });
  } finally {
    await stop(server);
  }
}
