import type { JsMsg } from '@nats-io/jetstream';
import { SignwaveError } from '@signwave/format';
import type { Answer, Line } from '../../index.js';
import { type Broker, persistently, storeOnce } from './broker.js';
import { Mailbox } from './mailbox.js';
import { answerSubject, type QueueNames, tailOf, trySubject } from './streams.js';
import { type Poison, poison, taskOf } from './tasks.js';

/** A line that is given out more often is worked on alone: a worker that dies of it has begun with nothing else. */
const DELIVERIES_IN_COMPANY = 3;

export interface HandsOptions {
  /** How many workers may begin with a line alone, and not finish it, before it is answered with an error. */
  readonly maxTries: number;
  /** How many tasks may be in hand. */
  readonly most: number;
  /** After so long without an answer the tasks in hand are given up. */
  readonly stallMs: number;
}

/** The tasks that a worker has in hand: from when the broker gives them out until their answers are stored and that is acknowledged. */
export class Hands {
  readonly #broker: Broker;
  readonly #names: QueueNames;
  readonly #options: HandsOptions;
  readonly #held = new Set<JsMsg>();
  /** Lines that nobody has begun. */
  readonly #waiting = new Mailbox<{ readonly message: JsMsg; readonly line: Line }>();
  /** Messages whose lines were taken, in their order. */
  readonly #begun: JsMsg[] = [];
  readonly #storing = new Set<Promise<void>>();
  #isOpen = true;
  #lastMs = performance.now();
  #onRoom: () => void = () => {};
  #onAnswer: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  /** Rejects when a task can't be finished and the worker has to end. */
  readonly failure: Promise<never>;
  answers = 0;
  errors = 0;

  constructor(broker: Broker, names: QueueNames, options: HandsOptions) {
    this.#broker = broker;
    this.#names = names;
    this.#options = options;
    this.failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failure.catch(() => {});
  }

  /** How many tasks can be taken. */
  get room(): number {
    return this.#options.most - this.#held.size;
  }

  /** Waits until half of the hands are free. */
  async freeHalf(): Promise<void> {
    while (this.#isOpen && this.room < this.#options.most / 2) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
  }

  take(message: JsMsg): void {
    if (!this.#isOpen) {
      message.nak();
      return;
    }
    this.#held.add(message);
    const task = taskOf(message);
    if ('line' in task) this.#waiting.put({ message, line: task.line });
    else this.#refuse(message, task);
  }

  /** The lines to answer, until {@link close}. */
  async *lines(): AsyncGenerator<Line> {
    for await (const { message, line } of this.#waiting) {
      const isAlone = message.info.deliveryCount > DELIVERIES_IN_COMPANY;
      if (isAlone && !(await this.#mayTry(message, line.number))) continue;
      this.#begun.push(message);
      yield line;
      if (isAlone) await this.#allAnswered();
    }
  }

  /** Stores the answer to the next of the {@link lines}; `answers` and `failure` say what comes of it. */
  answer(answer: Answer): void {
    const message = this.#begun.shift()!;
    this.#onAnswer();
    // Who asks for the acknowledgement to be acknowledged, and doesn't get that, gets the task again, and finds that its answer is there.
    this.#finish(message, answer, () => this.#broker.unlessLost(() => message.ackAck()).catch(() => {}));
  }

  /** Tells the broker that the tasks in hand are worked on; ends that if none is finished for too long. */
  showLife(): void {
    const nowMs = performance.now();
    if (this.#held.size === 0 || !this.#broker.isConnected()) this.#lastMs = nowMs;
    else if (nowMs - this.#lastMs <= this.#options.stallMs) for (const message of this.#held) message.working();
    else {
      const minutes = this.#options.stallMs / 60_000;
      this.#fail(new SignwaveError('E_IO', `no line was answered for ${minutes} minutes; other workers get them now`));
    }
  }

  /** Takes no more, and gives back what wasn't begun. */
  close(): void {
    this.#isOpen = false;
    for (const { message } of this.#waiting.close()) {
      this.#held.delete(message);
      message.nak();
    }
    this.#onRoom();
  }

  /** Waits until all that was begun is stored. */
  async settled(): Promise<void> {
    await Promise.all(this.#storing);
  }

  #finish(message: JsMsg, answer: Answer, settle: () => unknown): void {
    const store = async (): Promise<void> => {
      const tail = tailOf(message.subject);
      const data = JSON.stringify(answer);
      const isNew = await storeOnce(this.#broker, { subject: answerSubject(this.#names, tail), id: tail, data });
      this.#lastMs = performance.now();
      if (isNew) this.answers++;
      if (isNew && 'error' in answer) this.errors++;
      await settle();
      this.#held.delete(message);
      this.#onRoom();
    };
    const storing = store()
      .catch((error) => this.#fail(error))
      .finally(() => this.#storing.delete(storing));
    this.#storing.add(storing);
  }

  /**
   * Waits until nothing else is worked on, and writes down that this line is begun with. Deliveries are no such tries: a line is given out again together
   * with another one that has ended its worker.
   *
   * @returns false if the line was refused, since too many tries came to nothing.
   */
  async #mayTry(message: JsMsg, number: number): Promise<boolean> {
    const { maxTries } = this.#options;
    try {
      await this.#allAnswered();
      const tail = tailOf(message.subject);
      const subject = trySubject(this.#names, tail, message.info.deliveryCount);
      await storeOnce(this.#broker, { subject, id: subject, data: '' });
      const filter = { subjects_filter: trySubject(this.#names, tail, '*') };
      const { streams } = this.#broker.manager;
      const { state } = await persistently(this.#broker, () => streams.info(this.#names.answers, filter));
      if (Object.keys(state.subjects ?? {}).length <= maxTries) return true;
      this.#refuse(message, poison(number, `${maxTries} workers have begun with this line, and none has finished it`));
    } catch (error) {
      this.#fail(error);
    }
    return false;
  }

  async #allAnswered(): Promise<void> {
    while (this.#begun.length > 0) {
      await new Promise<void>((resolve) => {
        this.#onAnswer = resolve;
      });
    }
  }

  /** Records why a task can't be answered, and ends it. */
  #refuse(message: JsMsg, { poison, reason }: Poison): void {
    this.#finish(message, poison, () => (this.#broker.takesReasons ? message.term(reason) : message.term()));
  }
}
