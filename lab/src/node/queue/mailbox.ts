/** A line of things that are taken one after the other, while others are put in. */
export class Mailbox<T> {
  #waiting: T[] = [];
  #isClosed = false;
  #wake: () => void = () => {};

  put(item: T): void {
    this.#waiting.push(item);
    this.#wake();
  }

  /** Ends it. @returns what nobody has taken. */
  close(): readonly T[] {
    const left = this.#waiting;
    this.#waiting = [];
    this.#isClosed = true;
    this.#wake();
    return left;
  }

  /** Everything that is put in, until it is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = this.#waiting.shift();
      if (item !== undefined) yield item;
      else if (this.#isClosed) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
