import type { JsMsg } from '@nats-io/jetstream';
import { SignwaveError } from '@signwave/format';
import { type Answer, errorAnswer, type Line, lineOf } from '../../index.js';
import { tailOf } from './streams.js';

/** A message of the queue: a line to answer, or why it is none. */
export type Task =
  | { readonly line: Line }
  /** It is answered with this error, and never given out again. */
  | { readonly poison: Answer; readonly reason: string };

/**
 * Reads a message. A line that is no request, or whose image can't be read, is a line: its answer says so, as that of one process does. Poison is what
 * has no line, and a line that workers die of.
 *
 * @param maxDeliver how often a task is given out before it counts as one that can't be finished.
 */
export function taskOf({ subject, data, info }: JsMsg, maxDeliver: number): Task {
  const token = tailOf(subject).split('.')[1]!;
  const number = /^[1-9]\d{0,14}$/.test(token) ? Number(token) : undefined;
  if (number === undefined) return poison(token, `${subject}: its last part is no number of a line`);
  const line = lineOf(number, data);
  if (!line) return poison(number, `${subject}: the message is empty`);
  if (info.deliveryCount <= maxDeliver) return { line };
  return poison(number, `the line was given out ${maxDeliver} times, and no worker has finished it`);
}

function poison(id: string | number, reason: string): Task {
  return { poison: errorAnswer(id, new SignwaveError('E_REQUEST', reason)), reason };
}
