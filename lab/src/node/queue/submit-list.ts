import { SignwaveError } from '@signwave/format';
import { errorAnswer, RequestError } from '../../index.js';
import { type Manifest, openManifest, requestsOf } from '../manifest.js';
import { type Broker, openBroker, PATIENCE_MS } from './broker.js';
import { stateFacts } from './facts.js';
import type { QueuePlace } from './place.js';
import { putModel } from './queue-model.js';
import { queueNames } from './streams.js';
import { makeQueueFor, type Submission, type SubmitOptions, type Submitted, submitTasks } from './submit-tasks.js';
import { LINE_TASKS } from './tasks.js';

export interface SubmitListOptions extends SubmitOptions {
  /** A model to put into the object store. */
  readonly model?: string | undefined;
}

export interface SubmittedList extends Submitted {
  /** SHA-256 of the model that was put into the object store. */
  readonly model: string | undefined;
}

/** Names a list in subjects: half of its SHA-256. */
export const listToken = ({ sha256 }: Manifest): string => sha256.slice(0, 32);

/**
 * Puts each line of a list into a queue that isn't in it and isn't answered. Call it again if it was ended on the way.
 *
 * @throws {SignwaveError} `E_IO` if list or broker can't be used, `E_USAGE` if the queue is for another model or for trainings, `E_REQUEST` if a line
 *   is longer than the broker takes; then none was put into the queue.
 */
export async function submitList(
  place: QueuePlace,
  list: string,
  { ackWaitS, model: path, onRemark }: SubmitListOptions,
): Promise<SubmittedList> {
  const names = queueNames(place.stream);
  const manifest = await openManifest(list);
  const broker = await openBroker(place, { patienceMs: PATIENCE_MS, onRemark });
  try {
    await refuseLongLines(broker, manifest);
    await makeQueueFor(broker, names, LINE_TASKS, ackWaitS);
    const model = path === undefined ? undefined : await putModel(broker, names, path);
    if (model !== undefined) await stateFacts(broker, names, { model });
    return { ...(await submitTasks(broker, names, listToken(manifest), submissionsOf(manifest))), model };
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

async function* submissionsOf(manifest: Manifest): AsyncGenerator<Submission> {
  for await (const line of requestsOf(manifest, 1, manifest.lines)) {
    const { number } = line;
    const token = String(number);
    if ('text' in line) yield { token, task: line.text };
    // What no message can carry has its answer already.
    else yield { token, answer: JSON.stringify(errorAnswer(number, new RequestError(number, line.problem))) };
  }
}
