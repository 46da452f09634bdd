import type { Remark } from '@signwave/data';
import { writeFileAtomic } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { openManifest, requestsOf } from '../manifest.js';
import { openBroker, PATIENCE_MS } from './broker.js';
import { inFlight } from './in-flight.js';
import type { QueuePlace } from './place.js';
import { ANSWERS_IN_FLIGHT, isError, readAnswer } from './read-answer.js';
import { checkQueue, queueNames } from './streams.js';
import { listToken } from './submit-list.js';

/** Missing lines that an error names. */
const NAMED = 10;

export interface CollectOptions {
  /** Whether answers that aren't there are waited for. */
  readonly isWaiting: boolean;
  readonly onRemark: (remark: Remark) => void;
}

export interface Collected {
  readonly answers: number;
  readonly errors: number;
}

/**
 * Writes the answers to a list in its order: the bytes that one process gives for it. The file appears when it is whole.
 *
 * @throws {SignwaveError} `E_DATA` that names the lines that have no answer; `E_IO` if list, broker or file can't be used.
 */
export async function collectAnswers(
  place: QueuePlace,
  list: string,
  out: string,
  { isWaiting, onRemark }: CollectOptions,
): Promise<Collected> {
  const names = queueNames(place.stream);
  const manifest = await openManifest(list);
  const broker = await openBroker(place, { patienceMs: PATIENCE_MS, onRemark });
  const missing: number[] = [];
  const counts = { answers: 0, errors: 0 };
  async function* lines(): AsyncGenerator<Uint8Array> {
    const requests = requestsOf(manifest, 1, manifest.lines);
    const answers = inFlight(requests, ANSWERS_IN_FLIGHT, async ({ number }) => ({
      number,
      answer: (await readAnswer(broker, names, `${listToken(manifest)}.${number}`, isWaiting))?.string(),
    }));
    for await (const { number, answer } of answers) {
      if (answer === undefined) missing.push(number);
      else {
        counts.answers++;
        if (isError(answer)) counts.errors++;
        if (missing.length === 0) yield Buffer.from(`${answer}\n`);
      }
    }
    if (missing.length > 0) throw lackOf(missing, { ...counts, list, stream: names.tasks });
  }
  try {
    await checkQueue(broker, names);
    await writeFileAtomic(out, lines());
    return counts;
  } finally {
    await broker.connection.close();
  }
}

function lackOf(
  missing: readonly number[],
  { answers, list, stream }: { readonly answers: number; readonly list: string; readonly stream: string },
): SignwaveError {
  const named =
    missing.slice(0, NAMED).join(', ') + (missing.length > NAMED ? `, and ${missing.length - NAMED} more` : '');
  const advice =
    answers === 0
      ? 'was it submitted, and not changed since?'
      : 'workers are at it (--wait), or submit it again, which puts into the queue what got lost';
  return new SignwaveError(
    'E_DATA',
    `${missing.length} of ${missing.length + answers} lines of ${list} have no answer in stream ${stream}: ${named}; ${advice}`,
  );
}
