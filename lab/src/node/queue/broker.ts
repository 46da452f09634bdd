import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamApiError, JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Remark } from '@signwave/data';
import { readFileBytes } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { importClients } from './clients.js';
import { parseBrokerAddress, type QueuePlace } from './place.js';

/** How long a broker is waited for that is asked for the first time. */
const CONNECT_MS = 10_000;
const REQUEST_MS = 5_000;
const BETWEEN_TRIES_MS = 500;
/** A broker behind a network that swallows what is sent is found gone after three of these. */
const PING_MS = 10_000;
/** Room for a message's headers in what a broker takes. */
const HEADER_BYTES = 1024;
const TERM_REASON_SINCE = '2.10.4';
/** The status of an answer of JetStream's that something is not available now. */
const UNAVAILABLE = 503;
/** Codes of JetStream's errors that have the status of a broker that is busy, and aren't passing. */
const INSUFFICIENT_RESOURCES = 10023;
const SUBJECT_IS_TAKEN = 10077;

/** A connection to a broker. */
export interface Broker {
  /** Its addresses, as they may be shown. */
  readonly name: string;
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  /** Whether it can be reached just now. */
  readonly isConnected: () => boolean;
  /** Asks, unless the connection is lost: then nothing is sent, and for what was sent there comes no answer. */
  readonly unlessLost: <T>(ask: () => Promise<T>) => Promise<T>;
  /** Bytes of the longest message that it takes. */
  readonly maxMessageBytes: number;
  /** Whether a termination may say its reason; older servers don't take such a message for one. */
  readonly takesReasons: boolean;
  /** How long something is tried again that fails because the broker is away or busy. */
  readonly patienceMs: number;
}

/** For how long commands that end wait for a broker that is away or busy. */
export const PATIENCE_MS = 120_000;

/**
 * Connects to a broker; a connection that is lost later is made again, however long that takes.
 *
 * @throws {SignwaveError} `E_PEER` without the clients, `E_USAGE` for an address that is none, `E_IO` if the broker can't be reached, doesn't let this
 *   user in, or has no JetStream.
 */
export async function openBroker(
  { url, creds }: QueuePlace,
  { patienceMs, onRemark }: { readonly patienceMs: number; readonly onRemark: (remark: Remark) => void },
): Promise<Broker> {
  const { servers, isEncrypted, login } = parseBrokerAddress(url);
  const name = servers.join(', ');
  const { compare, connect, credsAuthenticator, jetstream, jetstreamManager, parseSemVer } = await importClients();
  const secret = creds === undefined ? undefined : await readCreds(creds);
  try {
    const connection = await connect({
      servers: [...servers],
      name: 'signwave',
      timeout: CONNECT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: BETWEEN_TRIES_MS,
      pingInterval: PING_MS,
      ...login,
      ...(secret && { authenticator: credsAuthenticator(secret) }),
      ...(isEncrypted && { tls: {} }),
    });
    const state = followConnection(connection, name, onRemark);
    const manager = await jetstreamManager(connection, { timeout: REQUEST_MS }).catch(async (cause) => {
      await connection.close();
      throw cause;
    });
    const client = jetstream(connection, { timeout: REQUEST_MS });
    // Asked once: a connection that is lost doesn't know them.
    const { version, max_payload } = connection.info!;
    const takesReasons = compare(parseSemVer(version), parseSemVer(TERM_REASON_SINCE)) >= 0;
    const maxMessageBytes = max_payload - HEADER_BYTES;
    return { name, connection, client, manager, ...state, maxMessageBytes, takesReasons, patienceMs };
  } catch (cause) {
    throw brokerError(name, cause);
  }
}

async function readCreds(path: string): Promise<Uint8Array> {
  const bytes = await readFileBytes(path, 'E_IO');
  const text = new TextDecoder().decode(bytes);
  if (/BEGIN NATS USER JWT[\s\S]*BEGIN USER NKEY SEED/.test(text)) return bytes;
  throw new SignwaveError('E_IO', `${path} holds no credentials: it has no NATS USER JWT followed by a USER NKEY SEED`);
}

/** Tells when the connection is lost and made again. */
function followConnection(
  connection: NatsConnection,
  name: string,
  onRemark: (remark: Remark) => void,
): Pick<Broker, 'isConnected' | 'unlessLost'> {
  let isConnected = true;
  // Not one promise for all: it would keep whatever has waited for it.
  const waiting = new Set<(error: Error) => void>();
  const follow = async (): Promise<void> => {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect' && isConnected) {
        isConnected = false;
        for (const reject of waiting) reject(lost());
        onRemark({ isWarning: true, text: `the broker ${name} is gone; it is waited for` });
      } else if (type === 'reconnect') {
        isConnected = true;
        onRemark({ isWarning: false, text: `the broker ${name} is back` });
      }
    }
  };
  void follow();
  const unlessLost = <T>(ask: () => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (!isConnected) return reject(lost());
      waiting.add(reject);
      ask()
        .then(resolve, reject)
        .finally(() => waiting.delete(reject));
    });
  return { isConnected: () => isConnected, unlessLost };
}

const lost = (): Error => Object.assign(new Error('the connection was lost'), { name: 'ConnectionError' });

/** What went wrong with a broker, in words: its own reason, or what a code of the client means. */
export function brokerError(name: string, cause: unknown): SignwaveError {
  if (cause instanceof SignwaveError) return cause;
  const error = cause as Error;
  const reason =
    {
      AuthorizationError: "it doesn't let this user in (--creds, or user and password in the address)",
      JetStreamNotEnabled: 'it has no JetStream (nats-server -js)',
      TimeoutError: "it doesn't answer",
      ClosedConnectionError: 'the connection was closed',
    }[error.name] ?? error.message;
  return new SignwaveError('E_IO', `the broker ${name}: ${reason}`, { cause });
}

/** The code of an error that JetStream answered with; undefined if it is none. */
export function jetStreamCode(error: unknown): number | undefined {
  return (error as Error).name === 'JetStreamApiError' ? (error as JetStreamApiError).code : undefined;
}

/** Does something that may fail because the broker is away or busy, again and again, as long as its patience goes. @throws {SignwaveError} `E_IO`. */
export async function persistently<T>(broker: Broker, action: () => Promise<T>): Promise<T> {
  const startMs = performance.now();
  for (;;) {
    try {
      return await broker.unlessLost(action);
    } catch (error) {
      if (!isPassing(error) || broker.connection.isClosed() || performance.now() - startMs > broker.patienceMs) {
        throw brokerError(broker.name, error);
      }
      await sleep(BETWEEN_TRIES_MS);
    }
  }
}

function isPassing(error: unknown): boolean {
  const code = jetStreamCode(error);
  if (code !== undefined) {
    const { status } = error as JetStreamApiError;
    return status === UNAVAILABLE && code !== INSUFFICIENT_RESOURCES && code !== SUBJECT_IS_TAKEN;
  }
  // A broker that is just starting has nobody yet who answers: the client takes this for a broker without JetStream.
  const names = ['TimeoutError', 'JetStreamNotEnabled', 'NoResponders', 'RequestError', 'ConnectionError'];
  return names.includes((error as Error).name);
}

/**
 * Stores a message under a subject that can have one only.
 *
 * @param id by which the broker tells a message that comes twice within a short time without looking at subjects.
 * @returns false if there was one already, which stays.
 * @throws {SignwaveError} `E_IO` if it can't be stored.
 */
export async function storeOnce(
  broker: Broker,
  { subject, id, data }: { readonly subject: string; readonly id: string; readonly data: string },
): Promise<boolean> {
  const sizeBytes = Buffer.byteLength(data);
  if (sizeBytes > broker.maxMessageBytes) {
    throw new SignwaveError(
      'E_IO',
      `the broker ${broker.name} takes ${broker.maxMessageBytes} bytes, ${subject} has ${sizeBytes}: raise its max_payload`,
    );
  }
  return persistently(broker, async () => {
    try {
      const { duplicate } = await broker.client.publish(subject, data, { msgID: id });
      return !duplicate;
    } catch (error) {
      if (jetStreamCode(error) === SUBJECT_IS_TAKEN) return false;
      throw error;
    }
  });
}
