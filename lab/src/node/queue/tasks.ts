import type { JsMsg } from '@nats-io/jetstream';
import { SignwaveError } from '@signwave/format';
import { type Answer, errorAnswer, type Line, lineOf } from '../../index.js';
import { tailOf } from './streams.js';

/** A message of the queue: a line to answer, or why it is none. */
export type Task = { readonly line: Line } | Poison;

/** What is answered with an error, and never given out again. */
export interface Poison {
  readonly poison: Answer;
  readonly reason: string;
}

/**
 * Reads a message. A line that is no request, or whose image can't be read, is a line: its answer says so, as that of one process does. Poison is what
 * has no line.
 */
export function taskOf({ subject, data }: JsMsg): Task {
  const token = tailOf(subject).split('.')[1]!;
  const number = /^[1-9]\d{0,14}$/.test(token) ? Number(token) : undefined;
  if (number === undefined) return poison(token, `${subject}: its last part is no number of a line`);
  const line = lineOf(number, data);
  return line ? { line } : poison(number, `${subject}: the message is empty`);
}

export function poison(id: string | number, reason: string): Poison {
  return { poison: errorAnswer(id, new SignwaveError('E_REQUEST', reason)), reason };
}
