import { type AnyRecord, mapPointers, moveTo } from '../kernels/record.js';
import { pointer, type Region } from './region.js';
import type { PlannedStep, Share, Step } from './step.js';

/** Some microseconds of work; threads meet in a fraction of one (ResNet-20: 1.42 times as fast with two, 1.29 times with 8192). */
const MIN_SHARED_ELEMENTS = 2048;

/** A planned step of any kernel: the records of one step are of one kind, which a union of steps can't say. */
interface AnyPlannedStep extends Omit<PlannedStep, 'record' | 'share' | 'parts' | 'whole'> {
  readonly record: AnyRecord;
  readonly share?: Share<AnyRecord>;
  readonly parts?: readonly AnyRecord[];
  readonly whole?: AnyRecord;
}

/** Divides the steps of a plan among threads. */
export class Sharing {
  /** What parts have for themselves in place of regions that they can't share. */
  readonly ownRegions: Region[] = [];
  /** By the region that part 0 has. */
  readonly #own = new Map<Region, Region[]>();

  constructor(
    readonly threads: number,
    /** Elements below which a step that only moves or combines them isn't shared. */
    readonly minElements: number = MIN_SHARED_ELEMENTS,
  ) {}

  /** Steps come here when all are planned: scratch has its size only then. */
  divide(step: PlannedStep): Step {
    const { record, parts: given, whole, share, ...facts } = step as AnyPlannedStep;
    const divided = given ?? (share ? this.#partsOf(record, share) : [record]);
    const parts = divided.map((it, part) => (part === 0 ? it : this.#withOwnRegions(it, part, share?.own)));
    return { ...facts, parts, whole: whole ? [whole] : parts.length > 1 ? [record] : parts };
  }

  #partsOf(record: AnyRecord, share: Share<AnyRecord>): AnyRecord[] {
    const { by, units, multiple = 1, unitBytes, change, elements = this.minElements } = share;
    if (this.threads === 1 || elements < this.minElements) return [record];
    const most = Math.ceil(units / this.threads / multiple) * multiple;
    return Array.from({ length: Math.ceil(units / most) }, (_, part) => {
      const first = part * most;
      const count = Math.min(most, units - first);
      return moveTo(record, first, unitBytes, { [by]: count, ...change?.(first, count) });
    });
  }

  #withOwnRegions(record: AnyRecord, part: number, own: readonly Region[] = []): AnyRecord {
    return mapPointers(record, (it) =>
      it.region.kind === 'scratch' || own.includes(it.region)
        ? pointer(this.#ownRegion(it.region, part), it.offsetBytes)
        : it,
    );
  }

  #ownRegion(region: Region, part: number): Region {
    const known = this.#own.get(region) ?? [];
    this.#own.set(region, known);
    if (!known[part]) {
      known[part] = { ...region };
      this.ownRegions.push(known[part]);
    }
    return known[part];
  }
}
