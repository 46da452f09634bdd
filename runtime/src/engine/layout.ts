import type { Plan, StepPart } from '../plan/plan.js';
import { type KernelRecord, recordBytes, writeRecord } from '../plan/records.js';
import { type Pointer, placeRegions, pointer, type Region } from '../plan/regions.js';

/** A set of all that changes in a run: with several of them threads run a plan for several inputs at the same time. */
interface Replica {
  /** The region that this replica has in place of one of the plan's. */
  readonly regionOf: (region: Region) => Region;
}

/** Where everything of a plan lies in memory. */
export class Layout {
  /** Bytes of memory, counted from address 0. */
  readonly sizeBytes: number;
  readonly #regions: readonly Replica[];
  readonly #records: Region;
  #usedBytes = 0;

  /** @throws {SignwaveError} `E_ENGINE` when the plan needs more than a 32-bit address space. */
  constructor(
    readonly plan: Plan,
    baseBytes: number,
    /** How many inputs can be worked on at the same time. */
    readonly replicas: number,
  ) {
    this.#records = { kind: 'fixed', sizeBytes: 0, firstStep: 0, lastStep: 0, address: 0 };
    const { floats, bytes } = plan.inputSteps;
    const loadBytes = plan.loadSteps.reduce((sum, step) => sum + partBytes(step), 0);
    const runBytes = [...plan.steps, floats, ...(bytes ? [bytes] : [])]
      .flatMap((step) => [...(step.parts ?? [step]), ...(step.whole ?? [])])
      .reduce((sum, part) => sum + partBytes(part), 0);
    this.#records.sizeBytes = loadBytes + runBytes * replicas;
    let endBytes = placeRegions([this.#records, ...plan.regions], baseBytes);
    this.#regions = Array.from({ length: replicas }, (_, n): Replica => {
      if (n === 0) return { regionOf: (region) => region };
      const copies = new Map(plan.regions.filter(isChanging).map((region) => [region, { ...region }]));
      for (const copy of copies.values()) if (copy.replaces) copy.replaces = copies.get(copy.replaces)!;
      endBytes = placeRegions([...copies.values()], endBytes);
      return { regionOf: (region) => copies.get(region) ?? region };
    });
    this.sizeBytes = endBytes;
  }

  /** Write the bytes that the plan's constants have from the start. */
  writeConstants(memory: WebAssembly.Memory): void {
    const bytes = new Uint8Array(memory.buffer);
    for (const { data, address } of this.plan.regions) if (data) bytes.set(data, address);
  }

  /** @returns address of the record of a part, written for a replica. */
  writePart(view: DataView, { record, epilogue }: StepPart, replica: number): number {
    const values = epilogue ? { ...record.values, epilogue: this.#write(view, epilogue, replica) } : record.values;
    const { region, offsetBytes } = this.#write(view, { ...record, values }, replica);
    return region.address + offsetBytes;
  }

  addressOf({ region, offsetBytes }: Pointer, replica: number): number {
    return this.#regions[replica]!.regionOf(region).address + offsetBytes;
  }

  #write(view: DataView, record: KernelRecord, replica: number): Pointer {
    const at = pointer(this.#records, this.#usedBytes);
    writeRecord(view, at.region.address + at.offsetBytes, record, (it) => this.addressOf(it, replica));
    this.#usedBytes += recordBytes(record.name);
    return at;
  }
}

function isChanging({ kind }: Region): boolean {
  return kind !== 'constant';
}

function partBytes({ record, epilogue }: StepPart): number {
  return recordBytes(record.name) + (epilogue ? recordBytes(epilogue.name) : 0);
}
