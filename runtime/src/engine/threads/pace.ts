/** A window is this many consecutive runs in one mode. The fastest counts: in the first, threads are still asleep; any may be disturbed. */
const WINDOW_RUNS = 4;
/** Windows between trials of the slower mode; the interval doubles from the first value to the last as long as that mode stays slower. */
const FIRST_INTERVAL = 8;
const LAST_INTERVAL = 64;
/** The other mode must take less than this share of the time to be preferred; a smaller gain may be noise. */
const GAIN = 0.95;

/**
 * Decides whether sharing a program among threads currently pays. Cores may be busy with other work, or so far apart that short layers
 * take longer when they are shared; the calling thread is then faster alone. Both modes are timed as they are used.
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

  /** Records how long the run took. */
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
