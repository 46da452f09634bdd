/** What a model says for images of one class that it takes for another. */
export interface Mistake {
  readonly label: number;
  readonly predicted: number;
  readonly images: number;
}

/** A matrix of more classes than this has tens of millions of cells, nearly all of them zero. */
const MAX_CONFUSION_CLASSES = 2_000;
/** How many of the most frequent mistakes are told. */
const TOLD_MISTAKES = 100;

/** Counts what a model said for images of each class. Memory grows with the images, not with the square of the classes. */
export class Confusion {
  readonly #counts = new Map<number, number>();

  constructor(readonly classes: number) {}

  add(label: number, predicted: number): void {
    const cell = label * this.classes + predicted;
    this.#counts.set(cell, (this.#counts.get(cell) ?? 0) + 1);
  }

  /** Counts, by true class and then by predicted class; undefined above {@link MAX_CONFUSION_CLASSES} classes. */
  matrix(): number[][] | undefined {
    const { classes } = this;
    if (classes > MAX_CONFUSION_CLASSES) return undefined;
    const rows = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    for (const { label, predicted, images } of this.#cells()) rows[label]![predicted] = images;
    return rows;
  }

  /** The most frequent mistakes, at most 100; of equally frequent ones, the lowest classes first. */
  mistakes(): Mistake[] {
    return this.#cells()
      .filter(({ label, predicted }) => label !== predicted)
      .sort((a, b) => b.images - a.images || a.label - b.label || a.predicted - b.predicted)
      .slice(0, TOLD_MISTAKES);
  }

  #cells(): Mistake[] {
    return Array.from(this.#counts, ([cell, images]) => ({
      label: Math.floor(cell / this.classes),
      predicted: cell % this.classes,
      images,
    }));
  }
}
