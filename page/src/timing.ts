/** The middle of some times; of an even number of them the mean of the two in the middle. */
export function median(valuesMs: readonly number[]): number {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Frames of a camera or strokes of a drawing, of which the median is shown. */
const WINDOW = 9;

/** The median of the last runs, without the first one, which is cold. */
export class RunningMedian {
  #valuesMs: readonly number[] | undefined;

  /** @returns the median with `valueMs`; of the first run, there is none yet. */
  add(valueMs: number): number | undefined {
    this.#valuesMs = this.#valuesMs ? [...this.#valuesMs, valueMs].slice(-WINDOW) : [];
    return this.#valuesMs.length > 0 ? median(this.#valuesMs) : undefined;
  }
}
