import { createHash } from 'node:crypto';
import { readFileBytes } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { type Broker, persistently } from './broker.js';
import { importObjectStores } from './clients.js';
import { readFact } from './facts.js';
import type { QueueNames } from './streams.js';

/** A model's file. */
export interface ModelBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** Puts a model into the queue's object store, under its SHA-256. @returns the SHA-256. */
export async function putModel(broker: Broker, names: QueueNames, path: string): Promise<string> {
  const { bytes, sha256 } = await readModel(path);
  const store = await openStore(broker, names);
  await persistently(broker, async () => {
    if (!(await store.info(sha256))) await store.putBlob({ name: sha256 }, bytes);
  });
  return sha256;
}

/**
 * The model of a worker: a file, or what is in the object store under the SHA-256 that is wanted, or else of which the queue's answers are.
 *
 * @throws {SignwaveError} `E_IO` if there is none, `E_USAGE` if it isn't said which, `E_FORMAT_CHECKSUM` if it is another one than is wanted.
 */
export async function findModel(
  broker: Broker,
  names: QueueNames,
  { path, sha256 }: { readonly path?: string | undefined; readonly sha256?: string | undefined },
): Promise<ModelBytes> {
  const wanted = sha256 ?? (path === undefined ? await readFact(broker, names, 'model') : undefined);
  if (path === undefined && wanted === undefined) {
    throw new SignwaveError(
      'E_USAGE',
      `stream ${names.tasks} doesn't say which model it is for: give a model, --model-sha256, or signwave submit --model`,
    );
  }
  const found = path === undefined ? await takeModel(broker, names, wanted!) : await readModel(path);
  if (wanted === undefined || found.sha256 === wanted) return found;
  throw new SignwaveError('E_FORMAT_CHECKSUM', `${found.name} has SHA-256 ${found.sha256}, ${wanted} was expected`);
}

async function takeModel(broker: Broker, names: QueueNames, sha256: string): Promise<ModelBytes> {
  const store = await openStore(broker, names);
  const bytes = await persistently(broker, () => store.getBlob(sha256));
  const name = `the model ${sha256} of bucket ${names.models}`;
  if (!bytes) throw new SignwaveError('E_IO', `${name} isn't there; signwave submit --model puts it there`);
  return { name, bytes, sha256: hashOf(bytes) };
}

async function openStore(broker: Broker, { models }: QueueNames) {
  const Objm = await importObjectStores();
  return persistently(broker, () => new Objm(broker.client).create(models));
}

async function readModel(path: string): Promise<ModelBytes> {
  const bytes = await readFileBytes(path, 'E_IO');
  return { name: path, bytes, sha256: hashOf(bytes) };
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
