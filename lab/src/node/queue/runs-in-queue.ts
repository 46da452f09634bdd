import { createHash } from 'node:crypto';
import type { Remark } from '@signwave/data';
import { type Broker, openBroker, PATIENCE_MS, persistently } from './broker.js';
import { inFlight } from './in-flight.js';
import type { QueuePlace } from './place.js';
import { ANSWERS_IN_FLIGHT, isError, readAnswer } from './read-answer.js';
import { answerSubject, checkQueue, type QueueNames, queueNames, taskSubject, trySubject } from './streams.js';
import {
  makeQueueFor,
  type Submission,
  type SubmitOptions,
  type Submitted,
  submitTasks,
  tokensUnder,
} from './submit-tasks.js';
import { RUN_TASKS } from './tasks.js';

/** In subjects, in place of a list. A run is known by what its message says, so that one that two sweeps have is trained once. */
const GROUP = 'run';

const tokenOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

export interface SubmittedRuns extends Submitted {
  /** Of those that were put into the queue: runs that had failed. */
  readonly again: number;
}

/** What a queue knows of a run. */
export interface RunInQueue {
  /** The answer of the worker that trained it, in JSON; undefined if there is none. */
  readonly answer: string | undefined;
  /** Whether the queue has it, or a worker has it in hand. */
  readonly isQueued: boolean;
}

/**
 * Puts each run into a queue that isn't in it and isn't trained; one that has failed gets another try. Call it again if it was ended on the way.
 *
 * @param texts the messages, one a run.
 * @throws {SignwaveError} `E_IO` if the broker can't be used, `E_USAGE` if the queue is for something else.
 */
export async function submitRuns(
  place: QueuePlace,
  texts: readonly string[],
  { ackWaitS, onRemark }: SubmitOptions,
): Promise<SubmittedRuns> {
  const names = queueNames(place.stream);
  const broker = await openBroker(place, { patienceMs: PATIENCE_MS, onRemark });
  try {
    await makeQueueFor(broker, names, RUN_TASKS, ackWaitS);
    const failures = await takeBackFailures(broker, names, texts);
    async function* submissions(): AsyncGenerator<Submission> {
      for (const task of texts) {
        const token = tokenOf(task);
        const failure = failures.get(token);
        // Under its old id the broker would take it for what it has had.
        yield { token, task, id: failure === undefined ? undefined : `${GROUP}.${token}.${failure}` };
      }
    }
    return { ...(await submitTasks(broker, names, GROUP, submissions())), again: failures.size };
  } finally {
    await broker.connection.close();
  }
}

/** Removes answers that are errors. @returns their numbers in the stream, by the tokens of their runs. */
async function takeBackFailures(
  broker: Broker,
  names: QueueNames,
  texts: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const answered = await tokensUnder(broker, names.answers, answerSubject(names, `${GROUP}.*`));
  const failures = new Map<string, number>();
  async function* tails(): AsyncGenerator<string> {
    for (const token of texts.map(tokenOf)) if (answered.has(token)) yield token;
  }
  const { streams } = broker.manager;
  const looks = inFlight(tails(), ANSWERS_IN_FLIGHT, async (token) => {
    const tail = `${GROUP}.${token}`;
    const answer = await readAnswer(broker, names, tail, false);
    if (!answer || !isError(answer.string())) return;
    for (const filter of [trySubject(names, tail, '*'), answerSubject(names, tail)]) {
      await persistently(broker, () => streams.purge(names.answers, { filter }));
    }
    failures.set(token, answer.seq);
  });
  for await (const _ of looks);
  return failures;
}

/**
 * Looks up what became of runs.
 *
 * @param texts the messages that were submitted. @returns what the queue knows of each.
 * @throws {SignwaveError} `E_IO` if the broker can't be used.
 */
export async function collectRuns(
  place: QueuePlace,
  texts: readonly string[],
  { isWaiting, onRemark }: { readonly isWaiting: boolean; readonly onRemark: (remark: Remark) => void },
): Promise<readonly RunInQueue[]> {
  const names = queueNames(place.stream);
  const broker = await openBroker(place, { patienceMs: PATIENCE_MS, onRemark });
  async function* tokens(): AsyncGenerator<string> {
    for (const text of texts) yield tokenOf(text);
  }
  try {
    await checkQueue(broker, names);
    // Asked before the answers: a run whose worker finishes in between is answered, not lost.
    const queued = await tokensUnder(broker, names.tasks, taskSubject(names, `${GROUP}.*`));
    const found: RunInQueue[] = [];
    const answers = inFlight(tokens(), ANSWERS_IN_FLIGHT, async (token) => ({
      answer: (await readAnswer(broker, names, `${GROUP}.${token}`, isWaiting))?.string(),
      isQueued: queued.has(token),
    }));
    for await (const it of answers) found.push(it);
    return found;
  } finally {
    await broker.connection.close();
  }
}
