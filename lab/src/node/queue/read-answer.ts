import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredMsg } from '@nats-io/jetstream';
import { type Broker, persistently } from './broker.js';
import { answerSubject, type QueueNames } from './streams.js';

/** Answers that are asked for at the same time. */
export const ANSWERS_IN_FLIGHT = 64;
const BETWEEN_LOOKS_MS = 500;

/** @param tail of the task's subject. @param isWaiting whether one that isn't there is waited for. @returns undefined if it isn't there. */
export async function readAnswer(
  broker: Broker,
  { answers, ...names }: QueueNames,
  tail: string,
  isWaiting: boolean,
): Promise<StoredMsg | undefined> {
  const { direct, streams } = broker.manager;
  const query = { last_by_subj: answerSubject({ answers, ...names }, tail) };
  for (;;) {
    const message = await persistently(
      broker,
      // Any server of a cluster answers the first; the second one knows.
      async () => (await direct.getMessage(answers, query)) ?? (await streams.getMessage(answers, query)),
    );
    if (message || !isWaiting) return message ?? undefined;
    await sleep(BETWEEN_LOOKS_MS);
  }
}

/** Whether an answer says that there is none. */
export const isError = (answer: string): boolean => 'error' in JSON.parse(answer);
