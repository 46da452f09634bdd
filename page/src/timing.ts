/** The median of some times; for an even number of them the mean of the two in the middle. */
export function median(valuesMs: readonly number[]): number {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** How many frames of a camera or strokes of a drawing the shown median is taken over. */
const WINDOW = 9;

/** The median of the latest runs, without the very first, which is cold. */
export class RunningMedian {
  #valuesMs: readonly number[] | undefined;

  /** @returns the median including `valueMs`; undefined for the first run. */
  add(valueMs: number): number | undefined {
    this.#valuesMs = this.#valuesMs ? [...this.#valuesMs, valueMs].slice(-WINDOW) : [];
    return this.#valuesMs.length > 0 ? median(this.#valuesMs) : undefined;
  }
}
