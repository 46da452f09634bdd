import type { JsMsg } from '@nats-io/jetstream';
import { SignwaveError } from '@signwave/format';
import { type Broker, persistently, storeOnce } from './broker.js';
import { Mailbox } from './mailbox.js';
import { answerSubject, type QueueNames, tailOf, trySubject } from './streams.js';
import { idOf, type Poison, poison, type TaskKind } from './tasks.js';

/** A task that is given out more often is worked on alone: a worker that dies of it has begun with nothing else. */
const DELIVERIES_IN_COMPANY = 3;

/** An answer, as a line of JSON has it: what was found out, or an `error`. */
export interface Answered {
  readonly id: string | number;
}

/** In place of an answer: the task goes to another worker, at once, or after so long as the broker waits for a sign of life. */
export interface GivenBack {
  readonly giveBack: 'now' | 'later';
}

/** What becomes of a task that was begun. */
export type Outcome = Answered | GivenBack | Poison;

export interface HandsOptions {
  /** How many workers may begin with a task alone, and not finish it, before it is answered with an error. */
  readonly maxTries: number;
  /** How many tasks may be in hand. With one, each is worked on alone. */
  readonly most: number;
  /** After so long without an answer the tasks in hand are given up. */
  readonly stallMs: number;
  /** What {@link GivenBack} means by later. */
  readonly ackWaitMs: number;
  /** Gets the tasks in hand whenever they are other ones. */
  readonly onHeld?: ((messages: Iterable<JsMsg>) => void) | undefined;
}

/** The tasks that a worker has in hand: from when the broker gives them out until their answers are stored and that is acknowledged. */
export class Hands<Item> {
  readonly #broker: Broker;
  readonly #names: QueueNames;
  readonly #kind: TaskKind<Item>;
  readonly #options: HandsOptions;
  readonly #held = new Set<JsMsg>();
  /** Tasks that nobody has begun. */
  readonly #waiting = new Mailbox<{ readonly message: JsMsg; readonly item: Item }>();
  /** Messages whose items were taken, in their order. */
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

  constructor(broker: Broker, names: QueueNames, kind: TaskKind<Item>, options: HandsOptions) {
    this.#broker = broker;
    this.#names = names;
    this.#kind = kind;
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
    this.#options.onHeld?.(this.#held);
    const task = this.#kind.taskOf(message);
    if ('item' in task) this.#waiting.put({ message, item: task.item });
    else this.#refuse(message, task);
  }

  /** What is to be answered, until {@link close}. */
  async *items(): AsyncGenerator<Item> {
    for await (const { message, item } of this.#waiting) {
      const isAlone = this.#isAlone(message);
      if (isAlone && !(await this.#mayTry(message))) continue;
      this.#begun.push(message);
      yield item;
      if (isAlone) await this.#allAnswered();
    }
  }

  /** Stores the answer to the next of the {@link items}, or gives it back; `answers` and `failure` say what comes of it. */
  answer(answer: Outcome): void {
    const message = this.#begun.shift()!;
    this.#onAnswer();
    if ('poison' in answer) {
      this.#refuse(message, answer);
      return;
    }
    if ('giveBack' in answer) {
      message.nak(answer.giveBack === 'now' ? undefined : this.#options.ackWaitMs);
      this.#drop(message);
      // It wasn't the task that has ended this try.
      if (this.#isAlone(message)) this.#forgetTries(message, message.info.deliveryCount);
      return;
    }
    // Who asks for the acknowledgement to be acknowledged, and doesn't get that, gets the task again, and finds that its answer is there.
    this.#finish(message, answer, () => this.#broker.unlessLost(() => message.ackAck()).catch(() => {}));
  }

  /** Says that the task that is worked on goes on: whatever ended the workers who have tried it before, it gets further now. */
  showProgress(): void {
    const [message] = this.#begun;
    // A broker that is away for long isn't told each of many times when it is back.
    if (message && this.#broker.isConnected() && this.#isAlone(message)) this.#forgetTries(message, '*');
  }

  /** Tells the broker that the tasks in hand are worked on; ends that if none is finished for too long. */
  showLife(): void {
    const nowMs = performance.now();
    if (this.#held.size === 0 || !this.#broker.isConnected()) this.#lastMs = nowMs;
    else if (nowMs - this.#lastMs <= this.#options.stallMs) for (const message of this.#held) message.working();
    else {
      const minutes = this.#options.stallMs / 60_000;
      this.#fail(
        new SignwaveError(
          'E_IO',
          `no ${this.#kind.word} was answered for ${minutes} minutes; other workers get them now`,
        ),
      );
    }
  }

  /** Takes no more, and gives back what wasn't begun. */
  close(): void {
    this.#isOpen = false;
    for (const { message } of this.#waiting.close()) {
      message.nak();
      this.#drop(message);
    }
    this.#onRoom();
  }

  /** Waits until all that was begun is stored. */
  async settled(): Promise<void> {
    await Promise.all(this.#storing);
  }

  #isAlone({ info }: JsMsg): boolean {
    return this.#options.most === 1 || info.deliveryCount > DELIVERIES_IN_COMPANY;
  }

  #drop(message: JsMsg): void {
    this.#held.delete(message);
    this.#options.onHeld?.(this.#held);
    this.#onRoom();
  }

  #finish(message: JsMsg, answer: Answered, settle: () => unknown): void {
    this.#store(async () => {
      const tail = tailOf(message.subject);
      const subject = answerSubject(this.#names, tail);
      // The same task that is answered twice, not one that is put into the queue again after its answer was taken back.
      const id = `${tail}.${message.seq}`;
      const isNew = await storeOnce(this.#broker, { subject, id, data: JSON.stringify(answer) });
      this.#lastMs = performance.now();
      if (isNew) this.answers++;
      if (isNew && 'error' in answer) this.errors++;
      await settle();
      this.#drop(message);
    });
  }

  #forgetTries(message: JsMsg, attempt: number | '*'): void {
    const filter = trySubject(this.#names, tailOf(message.subject), attempt);
    this.#store(() =>
      persistently(this.#broker, () => this.#broker.manager.streams.purge(this.#names.answers, { filter })),
    );
  }

  /** Does what {@link settled} waits for. */
  #store(action: () => Promise<unknown>): void {
    const storing: Promise<void> = action()
      .then(() => {})
      .catch((error) => this.#fail(error))
      .finally(() => this.#storing.delete(storing));
    this.#storing.add(storing);
  }

  /**
   * Waits until nothing else is worked on, and writes down that this task is begun with. Deliveries are no such tries: a line is given out again together
   * with another one that has ended its worker.
   *
   * @returns false if the task was refused, since too many tries came to nothing.
   */
  async #mayTry(message: JsMsg): Promise<boolean> {
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
      const reason = `${maxTries} workers have begun with this ${this.#kind.word}, and none has finished it`;
      this.#refuse(message, poison(idOf(message.subject), reason));
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
