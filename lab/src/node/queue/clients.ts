import { SignwaveError } from '@signwave/format';

/** NATS's clients are optional peers: who doesn't work on a queue needn't install them. */
const PACKAGES = '@nats-io/transport-node @nats-io/jetstream @nats-io/obj';

/** @throws {SignwaveError} `E_PEER` if they aren't installed. */
export async function importClients() {
  const [core, { jetstream, jetstreamManager }] = await installed(() =>
    Promise.all([import('@nats-io/transport-node'), import('@nats-io/jetstream')]),
  );
  const { compare, connect, credsAuthenticator, parseSemVer } = core;
  return { compare, connect, credsAuthenticator, jetstream, jetstreamManager, parseSemVer };
}

/** The client of object stores, in which models are. @throws {SignwaveError} `E_PEER` if it isn't installed. */
export async function importObjectStores() {
  const { Objm } = await installed(() => import('@nats-io/obj'));
  return Objm;
}

async function installed<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new SignwaveError('E_PEER', `the clients of NATS are not installed; run "npm install ${PACKAGES}"`, {
      cause,
    });
  }
}
