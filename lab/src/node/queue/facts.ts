import { SignwaveError } from '@signwave/format';
import { type Broker, persistently, storeOnce } from './broker.js';
import { factSubject, type QueueNames } from './streams.js';

/** What all answers of a queue have in common: of which kind its tasks are, and, as those of a folder of parts, the model's SHA-256 and what they hold. */
export interface QueueFacts {
  readonly kind: string;
  readonly model: string;
  readonly give: string;
}

/**
 * Says what the answers of a queue are of. Who says it first decides.
 *
 * @throws {SignwaveError} `E_USAGE` if it was said otherwise before.
 */
export async function stateFacts(broker: Broker, names: QueueNames, facts: Partial<QueueFacts>): Promise<void> {
  for (const [fact, value] of Object.entries(facts) as [keyof QueueFacts, string][]) {
    const subject = factSubject(names, fact);
    if (await storeOnce(broker, { subject, id: subject, data: value })) continue;
    const found = await readFact(broker, names, fact);
    if (found === value) continue;
    throw new SignwaveError(
      'E_USAGE',
      `stream ${names.answers} has answers of another ${fact}: ${found}, not ${value}; choose another --stream`,
    );
  }
}

/** @returns undefined if nobody has said it yet. */
export async function readFact(broker: Broker, names: QueueNames, fact: keyof QueueFacts): Promise<string | undefined> {
  const query = { last_by_subj: factSubject(names, fact) };
  const message = await persistently(broker, () => broker.manager.streams.getMessage(names.answers, query));
  return message?.string();
}
