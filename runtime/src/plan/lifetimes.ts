import type { FloatMap } from './maps.js';
import type { Region } from './region.js';
import type { Step } from './step.js';

/**
 * When a map holds something. Moment 0 is loading, moment 1 the input, and each step of a run is a moment of its own; the output is read in the
 * moment after the last.
 */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
  /** A map whose last moment is this one's first, and in whose memory this one may lie. */
  readonly replaces?: Region;
}

/** The parts of a plan that say which regions are read and written, in order. */
interface Moments {
  readonly loadSteps: readonly Step[];
  readonly inputSteps: { readonly bytes?: Step; readonly floats: Step };
  readonly steps: readonly Step[];
  readonly output: FloatMap;
}

/**
 * The lifetime of every map: from the first step that writes it to the last one that reads or writes it. Nothing but what steps declare
 * counts, in whatever order a room asked for its maps. That steps declare all is for tests to check: runtime/test/poison.ts.
 */
export function lifetimesOf({ loadSteps, inputSteps, steps, output }: Moments): ReadonlyMap<Region, Lifetime> {
  const lifetimes = new Map<Region, Lifetime>();
  const moments = [loadSteps, Object.values(inputSteps), ...steps.map((step) => [step])];
  const note = (region: Region, moment: number): void => {
    if (region.kind === 'map') lifetimes.set(region, { first: moment, ...lifetimes.get(region), last: moment });
  };
  moments.forEach((all, moment) => {
    for (const { reads, writes } of all) for (const region of [...reads, ...writes]) note(region, moment);
  });
  note(output.region, moments.length);
  for (const { replaces } of steps) {
    if (!replaces) continue;
    const { read, written } = replaces;
    const [before, after] = [lifetimes.get(read), lifetimes.get(written)];
    if (before && after && before.last === after.first && read.sizeBytes === written.sizeBytes)
      lifetimes.set(written, { ...after, replaces: read });
  }
  return lifetimes;
}
