import type { ConsumerConfig, StreamConfig } from '@nats-io/jetstream';
import { SignwaveError } from '@signwave/format';
import { type Broker, brokerError, jetStreamCode } from './broker.js';
import { checkStreamName } from './place.js';

/** Name of the durable consumer that all workers share. */
export const CONSUMER = 'workers';
const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
const NANOSECONDS = 1e9;
const DUPLICATE_WINDOW_S = 120;

/**
 * A queue is two streams: `NAME` has the tasks that aren't answered yet, `NAME_answers` the answers, and what they are of. A task and its answer have
 * subjects that end alike, in the list and the line, or in "run" and the SHA-256 of what is to be trained; a subject holds one message, and the first
 * one stays. So a task is in the queue once, and has one answer, however often it is submitted and however many workers have computed it.
 */
export interface QueueNames {
  readonly tasks: string;
  readonly answers: string;
  /** Bucket of the object store that has models. */
  readonly models: string;
}

export function queueNames(stream: string): QueueNames {
  checkStreamName(stream);
  return { tasks: stream, answers: `${stream}_answers`, models: `${stream}_models` };
}

/** @param tail list and line, "5f3a....17", or a run, "run.90bc...". */
export const taskSubject = ({ tasks }: QueueNames, tail: string): string => `${tasks}.task.${tail}`;
export const answerSubject = ({ tasks }: QueueNames, tail: string): string => `${tasks}.answer.${tail}`;
/** What all answers of a queue have in common: "kind", "model", "give". */
export const factSubject = ({ tasks }: QueueNames, fact: string): string => `${tasks}.is.${fact}`;
/** That a worker has begun with a task alone. */
export const trySubject = ({ tasks }: QueueNames, tail: string, attempt: number | '*'): string =>
  `${tasks}.try.${tail}.${attempt}`;
/** List and line of a task, or which run it is. */
export const tailOf = (subject: string): string => subject.split('.').slice(-2).join('.');

const ONE_PER_SUBJECT = {
  storage: 'file',
  discard: 'new',
  discard_new_per_subject: true,
  max_msgs_per_subject: 1,
  duplicate_window: DUPLICATE_WINDOW_S * NANOSECONDS,
} as const satisfies Partial<StreamConfig>;

/** Makes what isn't there of a queue. What is there keeps its settings: number of replicas, limits. */
export async function makeQueue(broker: Broker, names: QueueNames, ackWaitS: number): Promise<void> {
  const { streams, consumers } = broker.manager;
  await unless(broker, STREAM_NOT_FOUND, streams.info(names.answers), () =>
    streams.add({
      ...ONE_PER_SUBJECT,
      name: names.answers,
      subjects: [answerSubject(names, '*.*'), factSubject(names, '*'), trySubject(names, '*.*', '*')],
      retention: 'limits',
      // So that any server of a cluster can be asked for an answer.
      allow_direct: true,
    }),
  );
  await unless(broker, STREAM_NOT_FOUND, streams.info(names.tasks), () =>
    streams.add({
      ...ONE_PER_SUBJECT,
      name: names.tasks,
      subjects: [taskSubject(names, '*.*')],
      retention: 'workqueue',
    }),
  );
  await unless(broker, CONSUMER_NOT_FOUND, consumers.info(names.tasks, CONSUMER), () =>
    consumers.add(names.tasks, {
      durable_name: CONSUMER,
      ack_policy: 'explicit',
      ack_wait: ackWaitS * NANOSECONDS,
      // The broker would leave a line lying that is given out too often. Workers count for themselves, and answer it.
      max_deliver: -1,
      // Workers bound what they have in hand. This is for all of them together.
      max_ack_pending: 20_000,
      max_waiting: 2_000,
    }),
  );
  await checkQueue(broker, names);
}

async function unless(
  broker: Broker,
  code: number,
  info: Promise<unknown>,
  make: () => Promise<unknown>,
): Promise<void> {
  try {
    await info;
  } catch (error) {
    if (jetStreamCode(error) !== code && !isNotFound(error)) throw brokerError(broker.name, error);
    await make().catch((cause) => {
      throw brokerError(broker.name, cause);
    });
  }
}

/** The client has classes of their own for these. */
const isNotFound = (error: unknown): boolean =>
  ['StreamNotFoundError', 'ConsumerNotFoundError'].includes((error as Error).name);

/**
 * Checks that a queue is there, with the settings on which it depends that nothing is lost or there twice.
 *
 * @returns how long a task may be in hand without a sign of life, in milliseconds.
 * @throws {SignwaveError} `E_IO` if it isn't there, `E_USAGE` if it was made otherwise.
 */
export async function checkQueue(broker: Broker, names: QueueNames): Promise<number> {
  const { streams, consumers } = broker.manager;
  const of = async <T>(what: string, info: Promise<{ readonly config: T }>): Promise<T> => {
    try {
      return (await info).config;
    } catch (error) {
      if (!isNotFound(error)) throw brokerError(broker.name, error);
      throw new SignwaveError(
        'E_IO',
        `the broker ${broker.name} has no ${what}; signwave submit makes it: is --stream ${names.tasks} right?`,
        { cause: error },
      );
    }
  };
  const require = <T>(what: string, found: Partial<T>, wanted: Partial<T>): void => {
    const odd = (Object.keys(wanted) as (keyof T)[]).find((key) => found[key] !== wanted[key]);
    if (odd === undefined) return;
    throw new SignwaveError(
      'E_USAGE',
      `${what} has ${String(odd)} ${found[odd]}, expected ${wanted[odd]}: without it answers could be lost or come twice`,
    );
  };
  const { discard, discard_new_per_subject, max_msgs_per_subject } = ONE_PER_SUBJECT;
  const once = { discard, discard_new_per_subject, max_msgs_per_subject };
  for (const name of [names.tasks, names.answers]) {
    require<StreamConfig>(`stream ${name}`, await of(`stream ${name}`, streams.info(name)), once);
  }
  const what = `consumer ${CONSUMER} of stream ${names.tasks}`;
  const consumer = await of(what, consumers.info(names.tasks, CONSUMER));
  require<ConsumerConfig>(what, consumer, { ack_policy: 'explicit', max_deliver: -1 });
  return (consumer.ack_wait ?? 30 * NANOSECONDS) / 1e6;
}
