import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer } from '@nats-io/jetstream';
import type { Remark } from '@signwave/data';
import type { Answer, Line } from '../../index.js';
import { type Broker, brokerError, openBroker, persistently } from './broker.js';
import { type QueueFacts, stateFacts } from './facts.js';
import { Hands } from './hands.js';
import type { QueuePlace } from './place.js';
import { findModel, type ModelBytes } from './queue-model.js';
import { CONSUMER, checkQueue, type QueueNames, queueNames } from './streams.js';

/** How long one pull waits for tasks. The end of a worker waits for its pull. */
const PULL_MS = 2_000;
const BETWEEN_PULLS_MS = 500;
/** Fetching one image may take two minutes (lab/src/node/fetch-image.ts). */
const STALL_MS = 600_000;

export interface WorkOptions {
  /** What the answers are of; a queue with others is refused. */
  readonly facts: QueueFacts;
  /** Answers each line, in the order of the lines, and takes no more of them ahead than it can work on. */
  readonly answersTo: (lines: AsyncIterator<Line>) => AsyncIterable<Answer>;
  /** How many tasks may be in hand. */
  readonly inHand: number;
  /** How many workers may begin with a line alone, and not finish it, before it is answered with an error. */
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
  /** Answers lines until `signal`. @returns how many answers of this worker were stored. */
  work(options: WorkOptions): Promise<Worked>;
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
      work: (options) => work(broker, names, ackWaitMs, options),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function work(broker: Broker, names: QueueNames, ackWaitMs: number, options: WorkOptions): Promise<Worked> {
  const { facts, answersTo, inHand, maxTries, signal, stallMs = STALL_MS } = options;
  await stateFacts(broker, names, facts);
  const consumer = await persistently(broker, () => broker.client.consumers.get(names.tasks, CONSUMER));
  const hands = new Hands(broker, names, { maxTries, most: inHand, stallMs });
  const life = setInterval(() => hands.showLife(), ackWaitMs / 3);
  const stop = (): void => hands.close();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const answering = async (): Promise<void> => {
    for await (const answer of answersTo(hands.lines())) hands.answer(answer);
    await hands.settled();
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
  }
  return { answers: hands.answers, errors: hands.errors };
}

/** Takes tasks from the broker as they are needed. @throws {SignwaveError} `E_IO` if the queue isn't there any more. */
async function pull(broker: Broker, consumer: Consumer, hands: Hands, signal: AbortSignal): Promise<void> {
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
