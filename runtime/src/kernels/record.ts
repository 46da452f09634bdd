import { behind, type Pointer } from '../plan/region.js';
import { RECORD_LINES, type Records } from './generated/records.js';
import type { KernelName } from './kernel-records.js';

export type AnyRecord = Records[keyof Records];

/** The fields of any record: numbers, pointers, and the record of an epilogue. */
type Values = { readonly [field: string]: number | Pointer | Values | undefined };

/** By how many bytes the pointers in some fields of a record move for each unit of its work. */
export type UnitBytes<Of> = { readonly [Field in PointerField<Of>]?: number };
type PointerField<Of> = {
  [Field in keyof Of]-?: Of[Field] extends Pointer | undefined ? Field : never;
}[keyof Of];

/** A kernel for the record that it takes, or the name of a record that is part of others. */
type RecordKey = KernelName | 'Epilogue' | 'PlaneEpilogue';

type Fields = readonly (readonly [name: string, type?: string])[];
const FIELDS = new Map<string, Fields>();
for (const line of RECORD_LINES.trim().split('\n')) {
  const [names, fields] = line.split('=') as [string, string];
  const typed = fields.split(' ').map((it) => it.split(':') as [string, string?]);
  for (const name of names.split(' ')) FIELDS.set(name, typed);
}

/** Lists the names of a record's fields in order, each with its type unless that is an integer or an address. */
export function fieldsOf(record: RecordKey): Fields {
  return FIELDS.get(record)!;
}

/** Computes the size of a record, including its epilogue. */
export function recordBytes(record: RecordKey): number {
  return fieldsOf(record).reduce(
    (sum, [, type]) => sum + 4 + (type && type !== 'f32' ? recordBytes(type as RecordKey) : 0),
    0,
  );
}

/** Writes a record at `address`, followed by its epilogue. @returns the address behind everything that was written. */
export function writeRecord(
  memory: DataView,
  address: number,
  kernel: RecordKey,
  record: AnyRecord,
  addressOf: (pointer: Pointer) => number,
): number {
  const fields = fieldsOf(kernel);
  let end = address + fields.length * 4;
  fields.forEach(([field, type], index) => {
    const at = address + index * 4;
    const value = (record as unknown as Values)[field] ?? 0;
    if (type === 'f32') memory.setFloat32(at, value as number, true);
    else if (type) {
      memory.setUint32(at, end, true);
      end = writeRecord(memory, end, type as RecordKey, value as unknown as AnyRecord, addressOf);
    } else memory.setInt32(at, typeof value === 'object' ? addressOf(value as Pointer) : value, true);
  });
  return end;
}

/** Copies a record and changes its pointers, including those of its epilogue. */
export function mapPointers<Of extends AnyRecord>(record: Of, change: (pointer: Pointer) => Pointer): Of {
  const changed = Object.entries(record as unknown as Values).map(([field, value]) => [
    field,
    typeof value !== 'object'
      ? value
      : 'region' in value
        ? change(value as Pointer)
        : mapPointers(value as unknown as AnyRecord, change),
  ]);
  return Object.fromEntries(changed);
}

/**
 * Makes the record of a part of a step from the record of the whole step.
 *
 * @param unit the first unit of the part.
 * @param unitBytes by how many bytes the pointer in a field moves for each unit; other fields stay.
 * @param rest the other fields that differ in the part.
 */
export function moveTo<Of extends AnyRecord>(
  record: Of,
  unit: number,
  unitBytes: UnitBytes<Of>,
  rest: Partial<Of> = {},
): Of {
  const moved: Record<string, Pointer> = {};
  for (const [field, bytes] of Object.entries<number | undefined>(unitBytes)) {
    const at = (record as unknown as Values)[field] as Pointer | undefined;
    if (at) moved[field] = behind(at, unit * bytes!);
  }
  return { ...record, ...moved, ...rest };
}
