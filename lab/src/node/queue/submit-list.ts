import type { Remark } from '@signwave/data';
import { SignwaveError } from '@signwave/format';
import { errorAnswer, RequestError } from '../../index.js';
import { type Manifest, openManifest, requestsOf } from '../manifest.js';
import { type Broker, openBroker, persistently, storeOnce } from './broker.js';
import { stateFacts } from './facts.js';
import { inFlight } from './in-flight.js';
import type { QueuePlace } from './place.js';
import { putModel } from './queue-model.js';
import { answerSubject, CONSUMER, makeQueue, type QueueNames, queueNames, taskSubject } from './streams.js';

/** For how long a broker that is away or busy is waited for. */
const PATIENCE_MS = 120_000;
/** Messages that are sent before the first of them is acknowledged. */
const IN_FLIGHT = 64;

export interface SubmitOptions {
  /** How long a task may be in hand without a sign of life before another worker gets it; of a queue that is there already it stays. */
  readonly ackWaitS: number;
  /** A model to put into the object store. */
  readonly model?: string | undefined;
  readonly onRemark: (remark: Remark) => void;
}

export interface Submitted {
  /** Lines that were put into the queue. */
  readonly submitted: number;
  /** Lines that were in it, or are answered. */
  readonly known: number;
  /** SHA-256 of the model that was put into the object store. */
  readonly model: string | undefined;
}

/** Names a list in subjects: half of its SHA-256. */
export const listToken = ({ sha256 }: Manifest): string => sha256.slice(0, 32);

/**
 * Puts each line of a list into a queue that isn't in it and isn't answered. Call it again if it was ended on the way.
 *
 * @throws {SignwaveError} `E_IO` if list or broker can't be used, `E_USAGE` if the queue is for another model, `E_REQUEST` if a line is longer than the
 *   broker takes; then none was put into the queue.
 */
export async function submitList(place: QueuePlace, list: string, options: SubmitOptions): Promise<Submitted> {
  const names = queueNames(place.stream);
  const manifest = await openManifest(list);
  const broker = await openBroker(place, { patienceMs: PATIENCE_MS, onRemark: options.onRemark });
  try {
    await refuseLongLines(broker, manifest);
    await makeQueue(broker, names, options.ackWaitS);
    const model = options.model === undefined ? undefined : await putModel(broker, names, options.model);
    if (model !== undefined) await stateFacts(broker, names, { model });
    return { ...(await submitLines(broker, names, manifest)), model };
  } finally {
    await broker.connection.close();
  }
}

async function refuseLongLines(broker: Broker, manifest: Manifest): Promise<void> {
  const maxBytes = broker.maxMessageBytes;
  for await (const line of requestsOf(manifest, 1, manifest.lines)) {
    const sizeBytes = 'text' in line ? Buffer.byteLength(line.text) : 0;
    if (sizeBytes <= maxBytes) continue;
    throw new SignwaveError(
      'E_REQUEST',
      `${manifest.path}, line ${line.number}: ${sizeBytes} bytes, the broker takes ${maxBytes}; raise its max_payload, or give a path or an address`,
    );
  }
}

async function submitLines(
  broker: Broker,
  names: QueueNames,
  manifest: Manifest,
): Promise<{ submitted: number; known: number }> {
  const list = listToken(manifest);
  const answered = await linesUnder(broker, names.answers, answerSubject(names, `${list}.*`));
  await clearLeftovers(broker, names, list, answered);
  let [submitted, known] = [0, 0];
  const lines = requestsOf(manifest, 1, manifest.lines);
  const outcomes = inFlight(lines, IN_FLIGHT, async (line) => {
    const { number } = line;
    if (answered.has(number)) return false;
    const tail = `${list}.${number}`;
    if ('text' in line) return storeOnce(broker, { subject: taskSubject(names, tail), id: tail, data: line.text });
    // What no message can carry has its answer already.
    const answer = errorAnswer(number, new RequestError(number, line.problem));
    return storeOnce(broker, { subject: answerSubject(names, tail), id: tail, data: JSON.stringify(answer) });
  });
  for await (const isNew of outcomes) {
    if (isNew) submitted++;
    else known++;
  }
  return { submitted, known };
}

/**
 * Takes tasks out of the queue that a broker, which was killed, has kept: it may have forgotten that it had removed them, and remember that they were
 * acknowledged, so that it gives them to nobody.
 */
async function clearLeftovers(
  broker: Broker,
  names: QueueNames,
  list: string,
  answered: ReadonlySet<number>,
): Promise<void> {
  const { streams, consumers } = broker.manager;
  const { state } = await persistently(broker, () => streams.info(names.tasks));
  if (state.messages === 0) return;
  if (answered.size > 0) {
    for (const line of await linesUnder(broker, names.tasks, taskSubject(names, `${list}.*`))) {
      if (!answered.has(line)) continue;
      await persistently(broker, () => streams.purge(names.tasks, { filter: taskSubject(names, `${list}.${line}`) }));
    }
  }
  // Asked after the state, so that what comes in between is behind the tasks that are meant.
  const { num_pending, num_ack_pending } = await persistently(broker, () => consumers.info(names.tasks, CONSUMER));
  if (num_pending > 0 || num_ack_pending > 0) return;
  await persistently(broker, () => streams.purge(names.tasks, { seq: state.last_seq + 1 }));
}

/** The numbers at the ends of a stream's subjects. */
async function linesUnder(broker: Broker, stream: string, subject: string): Promise<ReadonlySet<number>> {
  const { state } = await persistently(broker, () => broker.manager.streams.info(stream, { subjects_filter: subject }));
  return new Set(Object.keys(state.subjects ?? {}).map((it) => Number(it.slice(it.lastIndexOf('.') + 1))));
}
