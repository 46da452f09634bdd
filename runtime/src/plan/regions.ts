import { SignwaveError } from '@signwave/format';

/**
 * A stretch of the WebAssembly memory.
 *
 * `constant`: written once at load, from `data` or by the load steps. `fixed`: zero at load and kept, for maps whose border or gaps stay zero.
 * `map`: lives from `firstStep` to `lastStep` (-1: while the model is loaded); regions that don't live at the same time share memory.
 * `scratch`: means nothing between steps; all of one name share memory.
 */
export interface Region {
  readonly kind: 'constant' | 'fixed' | 'map' | 'scratch';
  sizeBytes: number;
  readonly data?: Uint8Array;
  firstStep: number;
  lastStep: number;
  /** A map of the same size that the first step reads element by element as it writes this one: they may share memory if it is not read later. */
  replaces?: Region;
  /** Set by {@link placeRegions}. */
  address: number;
}

export interface Pointer {
  readonly region: Region;
  readonly offsetBytes: number;
}

export function pointer(region: Region, offsetBytes = 0): Pointer {
  return { region, offsetBytes };
}

/** Vectors begin at multiples of this; also a cache line. */
const ALIGN_BYTES = 64;

/** Kernels may read or write up to 31 bytes past the end of a map, a patch or a row of sums. */
const SLACK_BYTES = 64;

/** WebAssembly addresses have 32 bits. */
const MAX_MEMORY_BYTES = 2 ** 32 - 65_536;

/**
 * Give every region an address from `baseBytes` on: constants, fixed regions and scratch side by side, then maps, each at
 * the lowest place that no map living at the same time takes (largest first).
 *
 * @returns bytes of memory that the plan needs, counted from address 0.
 * @throws {SignwaveError} `E_ENGINE` when the plan needs more than a 32-bit address space.
 */
export function placeRegions(regions: readonly Region[], baseBytes: number): number {
  let end = align(baseBytes);
  for (const region of regions) {
    if (region.kind === 'map') continue;
    region.address = end;
    end = align(end + region.sizeBytes + SLACK_BYTES);
  }
  const placed: Span[] = [];
  const arenaStart = end;
  const spans = spansOf(regions).sort((a, b) => b.sizeBytes - a.sizeBytes);
  for (const span of spans) {
    let address = arenaStart;
    const rivals = placed.filter((p) => p.firstStep <= span.lastStep && span.firstStep <= p.lastStep);
    for (const rival of rivals.sort((a, b) => a.address - b.address)) {
      const spanEnd = address + span.sizeBytes + SLACK_BYTES;
      const rivalEnd = rival.address + rival.sizeBytes + SLACK_BYTES;
      if (spanEnd > rival.address && rivalEnd > address) address = align(rivalEnd);
    }
    placed.push({ ...span, address });
    for (const map of span.maps) map.address = address;
    end = Math.max(end, align(address + span.sizeBytes + SLACK_BYTES));
  }
  if (end > MAX_MEMORY_BYTES) {
    throw new SignwaveError(
      'E_ENGINE',
      `the model needs ${Math.ceil(end / 2 ** 20)} MiB of WebAssembly memory, ${MAX_MEMORY_BYTES / 2 ** 20} MiB is the most there can be`,
    );
  }
  return end;
}

/** Maps that follow each other in the same memory, and how long they live together. */
interface Span {
  readonly maps: Region[];
  readonly sizeBytes: number;
  readonly firstStep: number;
  lastStep: number;
  readonly address: number;
}

function spansOf(regions: readonly Region[]): Span[] {
  const spans = new Map<Region, Span>();
  for (const map of regions) {
    if (map.kind !== 'map') continue;
    const { sizeBytes, firstStep, lastStep, replaces } = map;
    const span = replaces?.lastStep === firstStep && replaces.sizeBytes === sizeBytes ? spans.get(replaces) : undefined;
    if (span) {
      span.maps.push(map);
      span.lastStep = lastStep;
      spans.set(map, span);
    } else spans.set(map, { maps: [map], sizeBytes, firstStep, lastStep, address: 0 });
  }
  return [...new Set(spans.values())];
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;
}
