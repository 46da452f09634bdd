import { type AnyRecord, mapPointers, moveTo } from '../kernels/record.js';
import { pointer, type Region } from './region.js';
import type { PlannedStep, Share, Step } from './step.js';

/**
 * Some microseconds of work; threads meet in a fraction of one. With this limit, two threads run ResNet-20 1.42 times as fast as one; with
 * 8192, only 1.29 times.
 */
const MIN_SHARED_ELEMENTS = 2048;

/** A planned step of any kernel. The type doesn't say that all records of a step are of the same kind. */
interface AnyPlannedStep extends Omit<PlannedStep, 'record' | 'share' | 'parts' | 'whole'> {
  readonly record: AnyRecord;
  readonly share?: Share<AnyRecord>;
  readonly parts?: readonly AnyRecord[];
  readonly whole?: AnyRecord;
}

/**
 * Makes a function that divides steps among threads. Call it when all steps are planned, because the size of scratch is only known then.
 *
 * @param addRegion receives each region that a part has for itself instead of one that it can't share.
 * @param minElements minimum number of elements for which a step that only moves or combines elements is shared.
 */
export function divider(
  threads: number,
  addRegion: (region: Region) => void,
  minElements: number = MIN_SHARED_ELEMENTS,
): (step: PlannedStep) => Step {
  /** The parts' own regions, by the region that part 0 has. */
  const ownRegions = new Map<Region, Region[]>();
  const ownRegion = (region: Region, part: number): Region => {
    const known = ownRegions.get(region) ?? [];
    ownRegions.set(region, known);
    if (!known[part]) {
      known[part] = { ...region };
      addRegion(known[part]);
    }
    return known[part];
  };
  return (step) => {
    const { record, parts: given, whole, share, ...facts } = step as AnyPlannedStep;
    const own = share?.own ?? [];
    const parts = (given ?? partsOf(record, share, threads, minElements)).map((it, part) =>
      part === 0
        ? it
        : mapPointers(it, ({ region, offsetBytes }) =>
            pointer(region.kind === 'scratch' || own.includes(region) ? ownRegion(region, part) : region, offsetBytes),
          ),
    );
    return { ...facts, parts, whole: whole ? [whole] : parts.length > 1 ? [record] : parts };
  };
}

function partsOf(
  record: AnyRecord,
  share: Share<AnyRecord> | undefined,
  threads: number,
  minElements: number,
): AnyRecord[] {
  if (!share || threads === 1 || (share.elements ?? minElements) < minElements) return [record];
  const { by, units, multiple = 1, unitBytes, change } = share;
  const most = Math.ceil(units / threads / multiple) * multiple;
  return Array.from({ length: Math.ceil(units / most) }, (_, part) => {
    const first = part * most;
    const count = Math.min(most, units - first);
    return moveTo(record, first, unitBytes, { [by]: count, ...change?.(first, count) });
  });
}
