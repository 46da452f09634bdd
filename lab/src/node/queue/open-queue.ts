import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer } from '@nats-io/jetstream';
import type { Remark } from '@signwave/data';
import { type Broker, brokerError, openBroker, persistently } from './broker.js';
import { type QueueFacts, stateFacts } from './facts.js';
import { Hands, type Outcome } from './hands.js';
import { startLifeSigns } from './life-signs.js';
import type { QueuePlace } from './place.js';
import { findModel, type ModelBytes } from './queue-model.js';
import { CONSUMER, checkQueue, type QueueNames, queueNames } from './streams.js';
import type { TaskKind } from './tasks.js';

/** How long one pull waits for tasks. The end of a worker waits for its pull. */
const PULL_MS = 2_000;
const BETWEEN_PULLS_MS = 500;
/** Fetching one image may take two minutes (lab/src/node/fetch-image.ts). */
const STALL_MS = 600_000;

export interface WorkOptions<Item> {
  /** What the tasks are; a queue of others is refused. */
  readonly kind: TaskKind<Item>;
  /** What the answers are of; a queue with others is refused. */
  readonly facts: Omit<Partial<QueueFacts>, 'kind'>;
  /**
   * Answers each item, in their order, and takes no more of them ahead than it can work on.
   *
   * @param onProgress says that the item that is worked on alone gets on, whoever has failed with it before.
   */
  readonly answersTo: (items: AsyncGenerator<Item>, onProgress: () => void) => AsyncIterable<Outcome>;
  /** How many tasks may be in hand. */
  readonly inHand: number;
  /** How many workers may begin with a task alone, and not finish it, before it is answered with an error. */
  readonly maxTries: number;
  /** Ends the work: what was begun is finished. */
  readonly signal: AbortSignal;
  /** After so long without an answer to the tasks in hand they are left to others, with an error. */
  readonly stallMs?: number;
}

export interface Worked {
  readonly answers: number;
  readonly errors: number;
}

/** A queue to work on. */
export interface Queue {
  /** @throws {SignwaveError} as `findModel`. */
  findModel(which: { readonly path?: string | undefined; readonly sha256?: string | undefined }): Promise<ModelBytes>;
  /** Answers tasks until `signal`. @returns how many answers of this worker were stored. */
  work<Item>(options: WorkOptions<Item>): Promise<Worked>;
  close(): Promise<void>;
}

/** @throws {SignwaveError} `E_PEER`, `E_USAGE` or `E_IO` if the broker or the queue can't be used. */
export async function openQueue(place: QueuePlace, onRemark: (remark: Remark) => void): Promise<Queue> {
  const names = queueNames(place.stream);
  const broker = await openBroker(place, { patienceMs: Number.POSITIVE_INFINITY, onRemark });
  const close = async (): Promise<void> => {
    // Sends what was said last. A broker that is away hears nothing.
    if (broker.isConnected()) await broker.connection.drain().catch(() => {});
    await broker.connection.close();
  };
  try {
    const ackWaitMs = await checkQueue(broker, names);
    return {
      findModel: (which) => findModel(broker, names, which),
      work: (options) => work({ broker, names, place, ackWaitMs }, options),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Opened {
  readonly broker: Broker;
  readonly names: QueueNames;
  readonly place: QueuePlace;
  readonly ackWaitMs: number;
}

async function work<Item>(
  { broker, names, place, ackWaitMs }: Opened,
  { kind, facts, answersTo, inHand, maxTries, signal, stallMs = STALL_MS }: WorkOptions<Item>,
): Promise<Worked> {
  await stateFacts(broker, names, { kind: kind.name, ...facts });
  const consumer = await persistently(broker, () => broker.client.consumers.get(names.tasks, CONSUMER));
  const everyMs = ackWaitMs / 3;
  const thread = kind.isLong ? startLifeSigns({ place, everyMs }) : undefined;
  const hands = new Hands(broker, names, kind, { maxTries, most: inHand, stallMs, ackWaitMs, onHeld: thread?.of });
  const life = setInterval(() => hands.showLife(), everyMs);
  const stop = (): void => hands.close();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const answering = async (): Promise<void> => {
    try {
      for await (const answer of answersTo(hands.items(), () => hands.showProgress())) hands.answer(answer);
    } finally {
      await hands.settled();
    }
  };
  try {
    await Promise.race([
      Promise.all([answering(), pull(broker, consumer, hands, signal)]),
      hands.failure,
      broker.connection.closed().then((cause) => {
        throw brokerError(broker.name, cause ?? new Error('the connection was closed'));
      }),
    ]);
  } finally {
    clearInterval(life);
    signal.removeEventListener('abort', stop);
    hands.close();
    await thread?.end();
  }
  return { answers: hands.answers, errors: hands.errors };
}

/** Takes tasks from the broker as they are needed. @throws {SignwaveError} `E_IO` if the queue isn't there any more. */
async function pull(
  broker: Broker,
  consumer: Consumer,
  hands: Pick<Hands<unknown>, 'freeHalf' | 'room' | 'take'>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await hands.freeHalf();
    if (signal.aborted) return;
    try {
      for await (const message of await consumer.fetch({ max_messages: hands.room, expires: PULL_MS })) {
        hands.take(message);
      }
    } catch {
      await sleep(BETWEEN_PULLS_MS);
      // Says whether the queue is gone, or waits until the broker is back.
      await persistently(broker, () => consumer.info());
    }
  }
}
