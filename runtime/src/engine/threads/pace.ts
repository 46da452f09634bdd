/** Runs in a row of one way; the fastest counts. The first finds the others asleep, and any may be disturbed. */
const WINDOW_RUNS = 4;
/** Windows from one trial of the slower way to the next: more and more, as long as it stays the slower. */
const FIRST_INTERVAL = 8;
const LAST_INTERVAL = 64;
/** What the other way has to gain: less is noise. */
const GAIN = 0.95;

/**
 * Whether sharing a program among threads pays here and now. Cores may be busy with other work, or so far from each other that short layers
 * take longer in parts: then the calling thread does better alone. Both ways are timed as they are used.
 */
export class Pace {
  /** Whether the next run is to be shared. */
  isShared = true;
  readonly #fastestMs = { shared: Number.POSITIVE_INFINITY, alone: Number.POSITIVE_INFINITY };
  #best: 'shared' | 'alone' = 'shared';
  #windowMs = Number.POSITIVE_INFINITY;
  #windowRuns = 0;
  #windows = 0;
  #interval = 1;

  /** Note what the run took. */
  note(ms: number): void {
    this.#windowMs = Math.min(this.#windowMs, ms);
    if (++this.#windowRuns < WINDOW_RUNS) return;
    this.#fastestMs[this.isShared ? 'shared' : 'alone'] = this.#windowMs;
    this.#windowMs = Number.POSITIVE_INFINITY;
    this.#windowRuns = 0;
    const other = this.#best === 'shared' ? 'alone' : 'shared';
    const isTrial = this.isShared !== (this.#best === 'shared');
    if (isTrial) this.#interval = Math.min(LAST_INTERVAL, Math.max(FIRST_INTERVAL, this.#interval * 2));
    if (this.#fastestMs[other] < GAIN * this.#fastestMs[this.#best]) {
      this.#best = other;
      this.#interval = FIRST_INTERVAL;
      this.#windows = 0;
    }
    const isTrialDue = ++this.#windows % (this.#interval + 1) === 0;
    this.isShared = (this.#best === 'shared') !== isTrialDue;
  }
}
