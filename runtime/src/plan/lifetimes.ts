import { mapPointers } from '../kernels/record.js';
import type { FloatMap } from './maps.js';
import type { Region } from './region.js';
import type { Step } from './step.js';

/**
 * The first and the last moment in which a map holds something. Moment 0 is loading, moment 1 the input, and each step of a run is a moment
 * of its own. The output is read in the moment after the last step.
 */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
  /** A map whose memory this one may take over; its last moment is this one's first. */
  readonly replaces?: Region;
}

/** What a plan says about which regions are read and written, and when. */
interface Moments {
  readonly loadSteps: readonly Step[];
  readonly inputSteps: { readonly bytes?: Step; readonly floats: Step };
  readonly steps: readonly Step[];
  readonly output: FloatMap;
}

/**
 * Finds the lifetime of every map: from the first step that has an address in it, and writes it, to the last one that has one. A kernel knows no
 * memory but that of its record, so only records count, not the order in which rooms asked for maps.
 */
export function lifetimesOf({ loadSteps, inputSteps, steps, output }: Moments): ReadonlyMap<Region, Lifetime> {
  const lifetimes = new Map<Region, Lifetime>();
  const moments = [loadSteps, Object.values(inputSteps), ...steps.map((step) => [step])];
  const note = (region: Region, moment: number): void => {
    if (region.kind === 'map') lifetimes.set(region, { first: moment, ...lifetimes.get(region), last: moment });
  };
  moments.forEach((all, moment) => {
    for (const { parts, whole } of all) {
      for (const record of [...parts, ...whole]) {
        mapPointers(record, (it) => {
          note(it.region, moment);
          return it;
        });
      }
    }
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
