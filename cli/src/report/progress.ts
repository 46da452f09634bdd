const BAR_CELLS = 24;
const REDRAW_MS = 100;

/** Shows on stderr how far something slow has come: a bar on a terminal, nothing elsewhere. */
export class Progress {
  readonly #startMs = performance.now();
  readonly #isShown = Boolean(process.stderr.isTTY) && !process.env.CI;
  #drawnMs = 0;

  constructor(
    private readonly what: string,
    private readonly total: number,
  ) {}

  update(done: number): void {
    const now = performance.now();
    if (!this.#isShown || (now - this.#drawnMs < REDRAW_MS && done < this.total)) return;
    this.#drawnMs = now;
    const filled = Math.round((BAR_CELLS * done) / this.total);
    const bar = '='.repeat(filled).padEnd(BAR_CELLS);
    const leftSeconds = done === 0 ? 0 : (((now - this.#startMs) / done) * (this.total - done)) / 1000;
    process.stderr.write(`\r${this.what} [${bar}] ${done}/${this.total}, ${leftSeconds.toFixed(0)} s left `);
  }

  /** Removes the bar. */
  end(): void {
    if (this.#isShown && this.#drawnMs > 0) process.stderr.write('\r\x1b[K');
  }
}
