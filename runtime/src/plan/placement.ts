import type { KernelName } from '../kernels/kernel-records.js';
import { type AnyRecord, recordBytes, writeRecord } from '../kernels/record.js';
import type { Lifetime } from './lifetimes.js';
import type { Plan } from './plan.js';
import { checkMemory, type Pointer, type Region } from './region.js';

/** Regions begin at multiples of this: enough for vectors, and the size of a cache line. */
const ALIGN_BYTES = 64;

/** Kernels may read or write up to 31 bytes past the end of a map, a patch or a row of sums. */
const SLACK_BYTES = 64;

/** How far kernels on planes may read past the end of a map: runtime/assembly/planes.ts. */
const READ_AHEAD_BYTES = 65_536;

/** The addresses of regions, and that of the first byte behind them. */
interface Places {
  readonly addresses: ReadonlyMap<Region, number>;
  readonly endBytes: number;
}

/**
 * The addresses of everything in a plan.
 *
 * A replica is a copy of all memory that changes in a run. With several of them, threads can run a plan on several inputs at the same time.
 */
export class Placement {
  /** Bytes of memory, counted from address 0, with those behind the last map that kernels may read. */
  readonly sizeBytes: number;
  /** Addresses of each replica. All replicas share the regions that only the first one has. */
  readonly #replicas: readonly ReadonlyMap<Region, number>[];
  readonly #records: Region;
  #usedBytes = 0;

  /**
   * @param replicas the number of inputs that can be processed at the same time.
   * @throws {SignwaveError} `E_ENGINE` if the plan needs more than its `maxMemoryBytes`.
   */
  constructor(
    readonly plan: Plan,
    baseBytes: number,
    readonly replicas: number,
  ) {
    const { floats, bytes } = plan.inputSteps;
    const runSteps = [...plan.steps, floats, ...(bytes ? [bytes] : [])];
    const sizeBytes = bytesOfRecords(plan.loadSteps) + bytesOfRecords(runSteps) * replicas;
    this.#records = { kind: 'fixed', sizeBytes };
    const { regions, lifetimes } = plan;
    const changing = regions.filter(({ kind }) => kind !== 'constant');
    let endBytes = baseBytes;
    this.#replicas = Array.from({ length: replicas }, (_, n) => {
      const places = placeRegions(n === 0 ? [this.#records, ...regions] : changing, lifetimes, endBytes);
      endBytes = places.endBytes;
      return places.addresses;
    });
    this.sizeBytes = endBytes + READ_AHEAD_BYTES;
    checkMemory(this.sizeBytes, plan.maxMemoryBytes);
  }

  /** Writes the regions whose bytes the plan knows. */
  writeConstants(memory: WebAssembly.Memory): void {
    const bytes = new Uint8Array(memory.buffer);
    for (const region of this.plan.regions)
      if (region.data) bytes.set(region.data, this.addressOf({ region, offsetBytes: 0 }, 0));
  }

  /** Writes the record of a call for a replica. @returns its address. */
  writeRecord(view: DataView, kernel: KernelName, record: AnyRecord, replica: number): number {
    const address = this.addressOf({ region: this.#records, offsetBytes: this.#usedBytes }, 0);
    const end = writeRecord(view, address, kernel, record, (it) => this.addressOf(it, replica));
    this.#usedBytes += end - address;
    return address;
  }

  addressOf({ region, offsetBytes }: Pointer, replica: number): number {
    return (this.#replicas[replica]!.get(region) ?? this.#replicas[0]!.get(region)!) + offsetBytes;
  }
}

function bytesOfRecords(steps: Plan['steps']): number {
  return steps.reduce((sum, { kernel, parts, whole }) => {
    const calls = parts.length + (whole === parts ? 0 : whole.length);
    return sum + calls * recordBytes(kernel);
  }, 0);
}

/**
 * Gives every region an address from `baseBytes` on. Constants, fixed regions and scratch lie side by side. Maps follow: from the largest
 * to the smallest, each gets the lowest address at which it overlaps no map that lives at the same time.
 *
 * @returns the addresses, and the number of bytes of memory that are needed, counted from address 0.
 */
export function placeRegions(
  regions: readonly Region[],
  lifetimes: ReadonlyMap<Region, Lifetime>,
  baseBytes: number,
): Places {
  const addresses = new Map<Region, number>();
  let end = align(baseBytes);
  for (const region of regions) {
    if (region.kind === 'map') continue;
    addresses.set(region, end);
    end = align(end + region.sizeBytes + SLACK_BYTES);
  }
  const arenaStart = end;
  const spans = spansOf(regions, lifetimes).sort((a, b) => b.sizeBytes - a.sizeBytes);
  // By address.
  const placed: { readonly start: number; readonly end: number; readonly first: number; readonly last: number }[] = [];
  let address = 0;
  let at = 0;
  spans.forEach(({ maps, sizeBytes, first, last }, n) => {
    const bytes = align(sizeBytes + SLACK_BYTES);
    const before = spans[n - 1];
    // Nothing is free below a map of the same size and lifetime; what is made for loading is thousands of them.
    if (before?.sizeBytes !== sizeBytes || before.first !== first || before.last !== last) {
      address = arenaStart;
      at = 0;
    }
    for (let rival = placed[at]; rival && rival.start < address + bytes; rival = placed[++at])
      if (rival.first <= last && first <= rival.last && rival.end > address) address = rival.end;
    while (at > 0 && placed[at - 1]!.start > address) at--;
    placed.splice(at, 0, { start: address, end: address + bytes, first, last });
    for (const map of maps) addresses.set(map, address);
    end = Math.max(end, address + bytes);
  });
  return { addresses, endBytes: end };
}

/** Maps that take over each other's memory, with the moments of the first one's start and the last one's end. */
interface Span {
  readonly maps: Region[];
  readonly sizeBytes: number;
  readonly first: number;
  last: number;
}

function spansOf(regions: readonly Region[], lifetimes: ReadonlyMap<Region, Lifetime>): Span[] {
  const spans = new Map<Region, Span>();
  for (const map of regions) {
    const lifetime = lifetimes.get(map);
    if (map.kind !== 'map' || !lifetime) continue;
    const { first, last, replaces } = lifetime;
    const span = replaces && spans.get(replaces);
    if (span) {
      span.maps.push(map);
      span.last = last;
    }
    spans.set(map, span ?? { maps: [map], sizeBytes: map.sizeBytes, first, last });
  }
  return [...new Set(spans.values())];
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;
}
