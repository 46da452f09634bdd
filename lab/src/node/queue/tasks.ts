import type { JsMsg } from '@nats-io/jetstream';
import { SignwaveError } from '@signwave/format';
import { type Answer, errorAnswer, type Line, lineOf } from '../../index.js';
import { tailOf } from './streams.js';

/** What a message of a queue is: something to work on, or why it is nothing. */
export type Task<Item> = { readonly item: Item } | Poison;

/** What is answered with an error, and never given out again. */
export interface Poison {
  readonly poison: Answer;
  readonly reason: string;
}

/** What all tasks of a queue are. */
export interface TaskKind<Item> {
  /** By which the queue says what it is for. */
  readonly name: string;
  /** Of one task, in messages. */
  readonly word: string;
  /** Whether working on one may keep this thread from everything else for longer than the broker waits. */
  readonly isLong: boolean;
  readonly taskOf: (message: Pick<JsMsg, 'subject' | 'data'>) => Task<Item>;
}

/**
 * Lines of lists. One that is no request, or whose image can't be read, is a line: its answer says so, as that of one process does. Poison is what has
 * no line.
 */
export const LINE_TASKS: TaskKind<Line> = {
  name: 'images',
  word: 'line',
  isLong: false,
  taskOf: ({ subject, data }) => {
    const number = idOf(subject);
    if (typeof number === 'string') return poison(number, `${subject}: its last part is no number of a line`);
    const item = lineOf(number, data);
    return item ? { item } : poison(number, `${subject}: the message is empty`);
  },
};

/** What a message says of a run to train: whoever trains it reads the text. */
export interface RunTask {
  /** For the answer, until the run's name is known. */
  readonly id: string | number;
  readonly text: string;
}

/** Runs of sweeps. */
export const RUN_TASKS: TaskKind<RunTask> = {
  name: 'trainings',
  word: 'run',
  isLong: true,
  taskOf: ({ subject, data }) => {
    const id = idOf(subject);
    try {
      return { item: { id, text: new TextDecoder('utf-8', { fatal: true }).decode(data) } };
    } catch {
      return poison(id, `${subject}: the message is not UTF-8`);
    }
  },
};

/** What answers call a task whose message says no other name: how its subject ends, of a line its number. */
export function idOf(subject: string): string | number {
  const token = tailOf(subject).split('.')[1]!;
  return /^[1-9]\d{0,14}$/.test(token) ? Number(token) : token;
}

export function poison(id: string | number, reason: string): Poison {
  return { poison: errorAnswer(id, new SignwaveError('E_REQUEST', reason)), reason };
}
