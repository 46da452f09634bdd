import type { StepProgress } from './loop.js';

const BAR_CELLS = 20;
const REDRAW_MS = 200;
/** Weight of the newest step in the running rate. */
const NEWEST = 0.05;

/** Where the bar is drawn: `process.stderr`, if that is a terminal. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A line that is redrawn again and again on a terminal, and never drawn elsewhere. */
export class ProgressBar {
  readonly #isShown: boolean;
  #lastMs: number;
  #drawnMs = 0;
  #msPerStep: number | undefined;

  constructor(
    private readonly terminal: Terminal,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#isShown = Boolean(terminal.isTTY);
    this.#lastMs = now();
  }

  update(done: StepProgress): void {
    const nowMs = this.now();
    const stepMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    this.#msPerStep = this.#msPerStep === undefined ? stepMs : this.#msPerStep + NEWEST * (stepMs - this.#msPerStep);
    const isLast = done.batch === done.batches;
    if (!this.#isShown || (nowMs - this.#drawnMs < REDRAW_MS && !isLast)) return;
    this.#drawnMs = nowMs;
    const filled = Math.round((BAR_CELLS * done.batch) / done.batches);
    const bar = '='.repeat(filled).padEnd(BAR_CELLS);
    const rate = (1000 * done.images) / this.#msPerStep;
    const left = duration((this.#msPerStep * (done.steps - done.step)) / 1000);
    const where = `stage ${done.stage}, epoch ${done.epoch + 1}/${done.epochs}`;
    this.terminal.write(
      `\r\x1b[K${where} [${bar}] ${done.batch}/${done.batches}, loss ${done.loss.toFixed(3)}, ${rate.toFixed(0)} images/s, ${left} left`,
    );
  }

  /** Remove the bar, so that something else can be printed. */
  clear(): void {
    if (this.#isShown && this.#drawnMs > 0) this.terminal.write('\r\x1b[K');
  }
}

/** Writes a duration as 45 s, 12 min or 3 h 05 min. */
export function duration(seconds: number): string {
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
