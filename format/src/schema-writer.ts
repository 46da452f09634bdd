// A FlatBuffers writer that uses the reader's schema (schema.ts): every field that is read is also written.
import type { Builder, Offset } from 'flatbuffers';
import { type FileRecipe, type InputRecipe, RECIPE } from './operations/maps.js';
import { OPERATIONS } from './operations/table.js';
import { alignUp, TENSOR_ALIGN_BYTES } from './placement.js';
import { HEX } from './schema.js';
import {
  double,
  type Field,
  float,
  int32,
  lastBytes,
  placeOfUint32,
  type Type,
  text,
  uint8,
  uint16,
  uint32,
} from './verify.js';

type Fields = Readonly<Record<string, Field<unknown>>>;
type Values = Readonly<Record<string, unknown>>;

/** The properties that a type may have. They tell which kind of type it is. */
export type AnyType = Type<unknown> & {
  readonly values?: readonly unknown[];
  readonly since?: Readonly<Record<string, number>>;
  readonly element?: Type<unknown>;
  readonly fields?: Readonly<Record<string, Field<unknown> | Type<unknown>>>;
};
export type AnyField = Field<unknown> & { readonly type?: AnyType; readonly absent?: unknown };

const SCALARS: ReadonlyMap<Type<unknown>, 'Int8' | 'Int16' | 'Int32' | 'Float32' | 'Float64'> = new Map([
  [uint8, 'Int8'],
  [uint16, 'Int16'],
  [uint32, 'Int32'],
  [int32, 'Int32'],
  [float, 'Float32'],
  [double, 'Float64'],
]);

/** The fields of a table; undefined for other types. */
export function tableFields({ fields }: AnyType): Fields | undefined {
  return fields && Object.values(fields).every((field) => 'slots' in field) ? (fields as Fields) : undefined;
}

/** The fields of a struct; undefined for other types. */
export function structFields(type: AnyType): Readonly<Record<string, AnyType>> | undefined {
  return tableFields(type) ? undefined : (type.fields as Readonly<Record<string, AnyType>> | undefined);
}

/** Converts a value to the form that the file's tables have. */
export function fileValue(type: Type<unknown>, value: unknown): unknown {
  if (type === RECIPE) return fileRecipe(value as InputRecipe);
  if (type === HEX) return (value as string).match(/../g)!.map((pair) => Number.parseInt(pair, 16));
  return value;
}

function fileRecipe({ resize, ...recipe }: InputRecipe): FileRecipe {
  const { mode = 'none', sizePixels = 0, interpolation = 'bilinear' } = resize ?? {};
  return { resizeMode: mode, resizeSize: sizePixels, interpolation, ...recipe };
}

/** Writes tables, vectors and strings. Those with equal contents are written only once. */
export class SchemaWriter {
  readonly #builder: Builder;
  readonly #written = new Map<unknown, Map<string, Offset>>();
  #minor = 0;

  constructor(builder: Builder) {
    this.#builder = builder;
  }

  /** The lowest minor version that has everything written so far. */
  get minor(): number {
    return this.#minor;
  }

  /** Notes that something was written that minor version `since` introduced. */
  need(since = 0): void {
    this.#minor = Math.max(this.#minor, since);
  }

  /**
   * Writes a table in the order of the schema, after everything that it refers to.
   *
   * @param values the table's values, by field.
   * @param isFromTheEnd whether to write vectors before strings, large fields before small ones, and later before earlier ones instead, as
   *   files of version 1.0 do for the root table and the input.
   */
  table(fields: Fields, values: Values, isFromTheEnd = false): Offset {
    const entries = slotsOf(fields).filter(({ key, field }) => !isAbsent(field, values[key]));
    const parts = new Map<string, { type: number; offset: Offset }>();
    if (isFromTheEnd) entries.reverse().sort((a, b) => Number(a.field.type === text) - Number(b.field.type === text));
    for (const { key, field } of entries) {
      this.need(field.since);
      const { type } = field;
      if (!type) parts.set(key, this.#member(values[key] as Values));
      else if (isReached(type)) parts.set(key, { type: 0, offset: this.#reached(type, values[key]) });
    }
    if (isFromTheEnd) entries.sort((a, b) => sizeOf(b.field) - sizeOf(a.field) || b.slot - a.slot);
    const content = entries.map(({ key, field, slot }) => {
      const part = parts.get(key);
      return [slot, part ? [part.type, part.offset] : this.#inline(field.type!, values[key])];
    });
    return this.#once(fields, content, () => {
      this.#builder.startObject(slotCount(fields));
      for (const { key, field, slot } of entries) {
        const part = parts.get(key);
        if (!part) this.#inlineField(field, slot, values[key]);
        else {
          if (!field.type) this.#builder.addFieldInt8(slot, part.type, 0);
          this.#builder.addFieldOffset(slot + field.slots - 1, part.offset, 0);
        }
      }
      return this.#builder.endObject();
    });
  }

  #member({ op, ...attributes }: Values): { type: number; offset: Offset } {
    const { type, since, fields } = OPERATIONS[op as keyof typeof OPERATIONS];
    this.need(since);
    return { type, offset: this.table(fields, attributes, op === 'input') };
  }

  /** Writes a value that is reached by an offset. */
  #reached(type: AnyType, value: unknown): Offset {
    const fields = tableFields(type);
    if (fields) return this.table(fields, fileValue(type, value) as Values);
    if (type === text) return this.#once(text, value, () => this.#builder.createString(value as string));
    if (type === lastBytes) return this.#data((value as { bytes: Uint8Array }).bytes);
    return this.#vector(type.element!, fileValue(type, value) as readonly unknown[]);
  }

  #vector(element: AnyType, values: readonly unknown[]): Offset {
    const builder = this.#builder;
    const offsets = isReached(element) && values.map((value) => this.#reached(element, value));
    return this.#once(element, offsets || values.map((value) => this.#inline(element, value)), () => {
      builder.startVector(element.sizeBytes, values.length, element.alignBytes);
      for (let i = values.length - 1; i >= 0; i--) {
        if (offsets) builder.addOffset(offsets[i]!);
        else if (element.fields) this.#struct(element, values[i] as Values);
        else builder[`add${SCALARS.get(element)!}`](values[i] as number);
      }
      return builder.endVector();
    });
  }

  #data(bytes: Uint8Array): Offset {
    // `createByteVector` only aligns the length, which precedes the contents, to 4 bytes; this aligns the contents.
    this.#builder.prep(TENSOR_ALIGN_BYTES, bytes.length);
    return this.#builder.createByteVector(bytes);
  }

  /** Converts a scalar or a struct to the stored form. */
  #inline(type: AnyType, value: unknown): unknown {
    if (type.values) {
      this.need(type.since?.[String(value)]);
      return type.values.indexOf(value);
    }
    const fields = structFields(type);
    if (fields) return Object.entries(fields).map(([key, field]) => this.#inline(field, (value as Values)[key]));
    return type === float ? Math.fround(value as number) : value;
  }

  #inlineField({ type, absent }: AnyField, slot: number, value: unknown): void {
    const builder = this.#builder;
    const stored = this.#inline(type!, value);
    if (type!.fields) {
      // The default 0 doesn't matter: the field is only written if its value isn't the absent one.
      builder.addFieldStruct(slot, this.#struct(type!, value as Values), 0);
    } else if (type === placeOfUint32) {
      // A placeholder for the file's checksum, which is written last. It must not be the default, which the builder would leave out.
      builder.addFieldInt32(slot, 1, 0);
    } else {
      const scalar = type!.values ? 'Int8' : SCALARS.get(type!)!;
      builder[`addField${scalar}`](slot, stored as number, this.#inline(type!, absent) as number);
    }
  }

  #struct(type: AnyType, values: Values): Offset {
    const builder = this.#builder;
    const fields = structFields(type)!;
    let end = 0;
    const places = Object.entries(fields).map(([key, field]) => {
      const at = alignUp(end, field.alignBytes);
      end = at + field.sizeBytes;
      return { key, field, at, end };
    });
    builder.prep(type.alignBytes, type.sizeBytes);
    let start = type.sizeBytes;
    for (const { key, field, at, end } of places.reverse()) {
      builder.pad(start - end);
      builder[`write${field.values ? 'Int8' : SCALARS.get(field)!}`](this.#inline(field, values[key]) as number);
      start = at;
    }
    return builder.offset();
  }

  #once(kind: unknown, content: unknown, write: () => Offset): Offset {
    const ofKind = this.#written.get(kind) ?? new Map<string, Offset>();
    this.#written.set(kind, ofKind);
    const key = canonical(content);
    const offset = ofKind.get(key) ?? write();
    ofKind.set(key, offset);
    return offset;
  }
}

function slotsOf(fields: Fields): { key: string; field: AnyField; slot: number }[] {
  let next = 0;
  return Object.entries(fields)
    .map(([key, field]) => {
      const slot = next;
      next += field.slots;
      return { key, field, slot };
    })
    .filter(({ field }) => field.slots > 0);
}

/** Number of slots that a table's fields take. */
export function slotCount(fields: Readonly<Record<string, { readonly slots: number }>>): number {
  return Object.values(fields).reduce((sum, { slots }) => sum + slots, 0);
}

function sizeOf({ type }: AnyField): number {
  return type?.sizeBytes ?? text.sizeBytes;
}

/** Whether values of a type are reached by an offset. */
function isReached(type: AnyType): boolean {
  return type === text || type === lastBytes || type.element !== undefined || tableFields(type) !== undefined;
}

/** Whether a field is left out, because it has no value or the value that its absence means. */
function isAbsent({ type, absent, none }: AnyField, value: unknown): boolean {
  if (value === undefined || value === none) return true;
  // The builder compares scalars with their defaults itself.
  // Most fields that are reached have no such value, and the tensors' data is too large to be spelt out for a comparison.
  if (absent === undefined || type === undefined) return false;
  return (isReached(type) || type.fields !== undefined) && canonical(value) === canonical(absent);
}

/** Writes JSON in which different numbers have different texts: plain JSON loses infinities and the sign of -0. */
function canonical(content: unknown): string {
  return JSON.stringify(content, (_, value: unknown) => {
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
    return value;
  });
}
