import { BLOCK, SHARED_LANES, VECTOR_LANES } from './filters.js';
import { FLOAT_VECTOR_LANES } from './lut-parameters.js';
import type { Step, StepPart } from './plan.js';
import type { KernelRecord } from './records.js';
import { type Pointer, pointer, type Region } from './regions.js';

type Values = Readonly<Record<string, number | Pointer | undefined>>;
/** Bytes by which the address in a field moves for each unit; 0 for those that all parts share need not be said. */
type Moves = Readonly<Record<string, number>>;

/** Along what the work of a kernel is divided: nothing that one part writes is read or written by another. */
interface Axis {
  /** Field that counts units. */
  readonly count: string;
  /** Parts begin at multiples of this many units. */
  readonly multiple?: number;
  readonly moves: Moves;
  readonly epilogueMoves?: Moves;
  /** Fields that follow from which units a part has. */
  readonly follows?: (first: number, units: number) => Values;
  readonly epilogueFollows?: (first: number, units: number) => Values;
  /** Fields whose region each part needs for itself, beside all scratch. */
  readonly own?: readonly string[];
}

/** How a plan's steps are divided. */
export interface Division {
  readonly threads: number;
  /** Elements below which a step that only moves or combines them isn't worth a meeting of threads. */
  readonly minElements: number;
  /** Gives the region that `part` (from 1; part 0 has the original) has in place of one that can't be shared. */
  readonly ownRegion: (region: Region, part: number) => Region;
}

/** Lanes of planes: what a plane epilogue has a lane of. */
const LANES: Moves = { output: 4, addend: 4, signs: 1, mask: 1 };

/** The parts of a step that threads may run at the same time; one if it can't be divided, or isn't worth it. */
export function divideStep(step: Step, division: Division): readonly StepPart[] {
  const { threads, ownRegion } = division;
  if (step.parts) return step.parts.map((it, part) => withOwnRegions(it, part, [], ownRegion));
  const axis = threads > 1 ? axisOf(step, division) : undefined;
  if (!axis) return [step];
  const { count, multiple = 1, own = [] } = axis;
  const units = numberIn(step.record.values, count);
  const share = Math.ceil(units / threads / multiple) * multiple;
  const parts: StepPart[] = [];
  for (let first = 0; first < units; first += share) {
    const partUnits = Math.min(share, units - first);
    const record = partOf(step.record, first, axis.moves, {
      [count]: partUnits,
      ...axis.follows?.(first, partUnits),
    });
    const epilogue =
      step.epilogue &&
      partOf(step.epilogue, first, axis.epilogueMoves ?? {}, axis.epilogueFollows?.(first, partUnits) ?? {});
    parts.push(withOwnRegions({ record, ...(epilogue && { epilogue }) }, parts.length, own, ownRegion));
  }
  return parts;
}

/** A record whose addresses are those of unit `first`. */
export function partOf<Part extends KernelRecord>(record: Part, first: number, moves: Moves, follows: Values): Part {
  const values: Record<string, number | Pointer | undefined> = { ...record.values };
  for (const [field, unitBytes] of Object.entries(moves)) {
    const at = values[field];
    if (typeof at === 'object') values[field] = pointer(at.region, at.offsetBytes + first * unitBytes);
  }
  return { ...record, values: { ...values, ...follows } };
}

function withOwnRegions(
  { record, epilogue }: StepPart,
  part: number,
  own: readonly string[],
  ownRegion: Division['ownRegion'],
): StepPart {
  const values = Object.entries(record.values as Values).map(([field, value]) => {
    if (typeof value !== 'object' || part === 0) return [field, value];
    const isOwn = value.region.kind === 'scratch' || own.includes(field);
    return [field, isOwn ? pointer(ownRegion(value.region, part), value.offsetBytes) : value];
  });
  return { record: { ...record, values: Object.fromEntries(values) }, ...(epilogue && { epilogue }) };
}

function numberIn(values: Values, field: string): number {
  return (values[field] as number | undefined) ?? 0;
}

function axisOf(step: Step, { threads, minElements }: Division): Axis | undefined {
  const values: Values = step.record.values;
  const at = (field: string): number => numberIn(values, field);
  const rows = (moves: Moves): Axis => ({ count: 'rows', moves });
  switch (step.kernel) {
    case 'convLut':
    case 'convFloatLut':
      return lutAxis(step, threads);
    case 'convPlanes':
    case 'convPairs': {
      // Strips that are rows stay whole.
      const multiple = at('stripStep') > at('stripLanes') ? at('stripStep') : SHARED_LANES;
      return { count: 'lanes', multiple, moves: { input: 4 }, epilogueMoves: LANES };
    }
    case 'convBits':
    case 'convFloat':
    case 'convInteger':
      return pixelConvAxis(step);
  }
  const channels = at('channels') || at('planes') || at('groups') * at('groupChannels');
  const elements = channels * (at('rows') * at('columns') || at('lanes'));
  if (elements < minElements) return undefined;
  switch (step.kernel) {
    case 'elementwisePlanes':
      return { count: 'lanes', multiple: SHARED_LANES, moves: { input: 4 }, epilogueMoves: LANES };
    case 'maxPoolPlanes':
    case 'avgPoolPlanes':
      return { count: 'channels', moves: { input: at('inputPlaneBytes'), output: at('outputPlaneBytes') } };
    case 'copyFloatPlanes':
    case 'copySignPlanes':
      return { count: 'planes', moves: { input: at('inputPlaneBytes'), output: at('outputPlaneBytes') } };
    case 'globalAvgPlanes':
      return { count: 'channels', multiple: 4, moves: { planes: at('planeBytes'), pixels: 4 } };
    case 'planesToPixels':
    case 'pixelsToPlanes':
    case 'signsToBits':
    case 'bitsToSigns':
    case 'byteInputPlanes':
      return rows({ planes: at('planeRowBytes'), pixels: at('pixelsRowBytes') });
    case 'pairPlanes':
      // Not by rows: each is written up to the next whole vector, over the beginning of the row below, which comes after it.
      return {
        count: 'planes',
        moves: { input: at('inputPlaneBytes'), output: at('outputPlaneBytes') },
        own: ['row'],
      };
    case 'copyPixels':
    case 'regroupBits':
      return rows({ input: at('inputRowBytes'), output: at('outputRowBytes') });
    default:
      // Networks that work on pixels spend their time in convolutions.
      return undefined;
  }
}

/** Lanes, or groups where lanes are too few to be shared out evenly. */
function lutAxis({ kernel, record, epilogue }: Step, threads: number): Axis {
  const values: Values = record.values;
  const at = (field: string): number => numberIn(values, field);
  const chunkLanes = at('vectors') * (kernel === 'convFloatLut' ? FLOAT_VECTOR_LANES : VECTOR_LANES);
  const lanes = Math.ceil(at('lanes') / threads / SHARED_LANES) * SHARED_LANES;
  const laneShare = Math.ceil(lanes / chunkLanes) / at('chunks');
  const groupShare = Math.ceil(at('groups') / threads) / at('groups');
  if (groupShare < laneShare) {
    const { groupFilters, blocks, blockTables, lastTables, blockLookups, lastLookups, tableChannels } =
      values as Record<string, number>;
    const tables = (blocks! - 1) * blockTables! + lastTables!;
    const lookups = (blocks! - 1) * blockLookups! + lastLookups!;
    return {
      count: 'groups',
      moves: { planes: tables * tableChannels! * 4, streams: groupFilters! * (blocks! * 4 + lookups * 2) },
      epilogueMoves: channelMoves(epilogue!.values, groupFilters!),
    };
  }
  return {
    count: 'lanes',
    multiple: SHARED_LANES,
    moves: { input: kernel === 'convFloatLut' ? 4 : 1 },
    epilogueMoves: LANES,
    follows: (_, units) => ({ chunks: Math.ceil(units / chunkLanes) }),
  };
}

/** How the addresses of a plane epilogue move with `channels` output channels. */
export function channelMoves(epilogue: Values, channels: number): Moves {
  const planes = (field: string): number => numberIn(epilogue, field) * channels;
  return {
    scale: 4 * channels,
    bias: 4 * channels,
    thresholds: 4 * channels,
    sumThresholds: 2 * channels,
    flips: channels,
    addend: planes('addendPlaneBytes'),
    output: planes('outputPlaneBytes'),
    signs: planes('signsPlaneBytes'),
  };
}

/** Rows; the filters of one pixel. */
function pixelConvAxis({ record, epilogue }: Step): Axis | undefined {
  const values: Values = record.values;
  const at = (field: string): number => numberIn(values, field);
  const pixelBytes = numberIn(epilogue!.values, 'blocks') * BLOCK * 4;
  if (at('rows') > 1) {
    const rowBytes = numberIn(epilogue!.values, 'columns') * pixelBytes;
    return {
      count: 'rows',
      moves: { input: at('strideRowBytes'), rowBases: 4 },
      epilogueMoves: { addend: rowBytes, output: rowBytes, bits: numberIn(epilogue!.values, 'bitsRowBytes') },
    };
  }
  if (at('columns') > 1 || at('groups') > 1) return undefined;
  const filterBytes = at('groupWeightBytes') / (Math.ceil(at('groupFilters') / BLOCK) * BLOCK);
  return {
    count: 'groupFilters',
    multiple: BLOCK,
    moves: { weights: filterBytes, bases: 4 },
    epilogueMoves: {
      ...Object.fromEntries(['scale', 'bias', 'addend', 'output', 'thresholds', 'sumThresholds'].map((it) => [it, 4])),
      bits: 1 / 8,
      flips: 1 / 8,
    },
    epilogueFollows: (_, units) => ({ blocks: Math.ceil(units / BLOCK) }),
  };
}
