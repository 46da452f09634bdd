import type { Remark } from '@signwave/data';
import { type Broker, persistently, storeOnce } from './broker.js';
import { stateFacts } from './facts.js';
import { inFlight } from './in-flight.js';
import { answerSubject, CONSUMER, makeQueue, type QueueNames, taskSubject } from './streams.js';
import type { TaskKind } from './tasks.js';

/** Messages that are sent before the first of them is acknowledged. */
const IN_FLIGHT = 64;

export interface SubmitOptions {
  /** How long a task may be in hand without a sign of life before another worker gets it; of a queue that is there already it stays. */
  readonly ackWaitS: number;
  readonly onRemark: (remark: Remark) => void;
}

export interface Submitted {
  /** Tasks that were put into the queue. */
  readonly submitted: number;
  /** Tasks that were in it, or are answered. */
  readonly known: number;
}

/** What is put into a queue. */
export type Submission = {
  /** How its subjects end. */
  readonly token: string;
  /** By which the broker tells one that comes twice within a short time, if it isn't what its subject says. */
  readonly id?: string | undefined;
} & ({ readonly task: string } | { /** Of what has its answer already. */ readonly answer: string });

/** Makes a queue for tasks of a kind, unless it is there. @throws {SignwaveError} `E_IO`, `E_USAGE` if it is for others. */
export async function makeQueueFor(
  broker: Broker,
  names: QueueNames,
  { name }: Pick<TaskKind<unknown>, 'name'>,
  ackWaitS: number,
): Promise<void> {
  await makeQueue(broker, names, ackWaitS);
  await stateFacts(broker, names, { kind: name });
}

/** Puts each task into a queue that isn't in it and isn't answered. @param group how all their subjects begin. */
export async function submitTasks(
  broker: Broker,
  names: QueueNames,
  group: string,
  submissions: AsyncIterable<Submission>,
): Promise<Submitted> {
  const answered = await tokensUnder(broker, names.answers, answerSubject(names, `${group}.*`));
  await clearLeftovers(broker, names, group, answered);
  let [submitted, known] = [0, 0];
  const outcomes = inFlight(submissions, IN_FLIGHT, async (it) => {
    if (answered.has(it.token)) return false;
    const tail = `${group}.${it.token}`;
    const id = it.id ?? tail;
    if ('task' in it) return storeOnce(broker, { subject: taskSubject(names, tail), id, data: it.task });
    return storeOnce(broker, { subject: answerSubject(names, tail), id, data: it.answer });
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
  group: string,
  answered: ReadonlySet<string>,
): Promise<void> {
  const { streams, consumers } = broker.manager;
  const { state } = await persistently(broker, () => streams.info(names.tasks));
  if (state.messages === 0) return;
  if (answered.size > 0) {
    for (const token of await tokensUnder(broker, names.tasks, taskSubject(names, `${group}.*`))) {
      if (!answered.has(token)) continue;
      await persistently(broker, () => streams.purge(names.tasks, { filter: taskSubject(names, `${group}.${token}`) }));
    }
  }
  // Asked after the state, so that what comes in between is behind the tasks that are meant.
  const { num_pending, num_ack_pending } = await persistently(broker, () => consumers.info(names.tasks, CONSUMER));
  if (num_pending > 0 || num_ack_pending > 0) return;
  await persistently(broker, () => streams.purge(names.tasks, { seq: state.last_seq + 1 }));
}

/** How the subjects of a stream's messages end. */
export async function tokensUnder(broker: Broker, stream: string, subject: string): Promise<ReadonlySet<string>> {
  const { state } = await persistently(broker, () => broker.manager.streams.info(stream, { subjects_filter: subject }));
  return new Set(Object.keys(state.subjects ?? {}).map((it) => it.slice(it.lastIndexOf('.') + 1)));
}
