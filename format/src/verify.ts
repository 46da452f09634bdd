// A FlatBuffers reader that checks while it reads. Each combinator below makes a `Type`, schema.ts builds the schema from these, and
// reading a type yields a plain object. An offset is followed only if its target lies in the file and is aligned. Nothing is read in any
// other way, so there is no second reader that could disagree. The schema isn't recursive and every vector has a limit, which bounds the
// work even if tables are shared.
import { SignwaveError } from './errors.js';
import { MAX_STRING_BYTES, MAX_TEXT_BYTES } from './limits.js';
import { alignUp, TENSOR_ALIGN_BYTES } from './placement.js';
import { hasControls } from './text.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The state of reading one file. */
export class Walk {
  readonly view: DataView;
  /** End of everything that was visited, except the contents of `data`: the header ends here or later. */
  reach = 0;
  /** The first operation, field or value that this version doesn't know, as in a file that is newer or damaged. */
  unknown: string | undefined;
  #textBytes = 0;

  /** @param bytes the whole file. @param name what messages call the file. */
  constructor(
    readonly bytes: Uint8Array,
    readonly name: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(what: string): never {
    throw new SignwaveError(
      'E_FORMAT_STRUCTURE',
      `${this.name} is damaged: ${what}. It was cut short or changed: get it again`,
    );
  }

  limit(what: string): never {
    throw new SignwaveError('E_FORMAT_LIMIT', `${this.name}: ${what}`);
  }

  /** Checks that bytes `at` to `at + sizeBytes` lie in the file, and that `at` is a multiple of `alignBytes`. */
  claim(at: number, sizeBytes: number, alignBytes: number, what: string): void {
    const end = at + sizeBytes;
    if (at < 0 || end > this.bytes.length) {
      this.fail(`${what} needs bytes ${at} to ${end}, but the file has ${this.bytes.length} bytes`);
    }
    if (at % alignBytes !== 0) this.fail(`${what} starts at byte ${at}, expected a multiple of ${alignBytes}`);
  }

  /** Does the same as {@link claim} for bytes of the header. */
  visit(at: number, sizeBytes: number, alignBytes: number, what: string): void {
    this.claim(at, sizeBytes, alignBytes, what);
    this.reach = Math.max(this.reach, at + sizeBytes);
  }

  /** Gives the target of the offset at byte `at`. */
  target(at: number, what: string): number {
    this.visit(at, 4, 4, what);
    const offset = this.view.getUint32(at, true);
    if (offset === 0) this.fail(`the offset of ${what} is 0`);
    return at + offset;
  }

  /** Gives the length of the vector whose offset is at byte `at`, and the position of its first element. */
  vector(at: number, what: string): { start: number; count: number } {
    const start = this.target(at, what);
    this.visit(start, 4, 4, what);
    return { start: start + 4, count: this.view.getUint32(start, true) };
  }

  text(at: number, what: string): string {
    const { start, count } = this.vector(at, what);
    this.visit(start, count + 1, 1, what);
    if (this.bytes[start + count] !== 0) this.fail(`${what} has no zero byte at its end`);
    this.#textBytes += count;
    if (count > MAX_STRING_BYTES) this.limit(`${what} has ${count} bytes, at most ${MAX_STRING_BYTES} are read`);
    if (this.#textBytes > MAX_TEXT_BYTES) this.limit(`its strings have more than ${MAX_TEXT_BYTES} bytes`);
    // Copied, because browsers don't decode text in shared memory.
    const value = decodeUtf8(this.bytes.slice(start, start + count));
    if (value === undefined || hasControls(value)) this.fail(`${what} is not UTF-8 without control characters`);
    return value;
  }
}

/** A type of the schema. `sizeBytes` and `alignBytes` are those of its entry in a table, vector or struct. */
export interface Type<T> {
  readonly sizeBytes: number;
  readonly alignBytes: number;
  /** @param at first byte of the entry, which the caller has visited. */
  read(walk: Walk, at: number, what: string): T;
}

export type ValueOf<Of> = Of extends { read(...args: never[]): infer T } ? T : never;
type Values<Fields> = { readonly [Key in keyof Fields]: ValueOf<Fields[Key]> };

/** The properties of a table with these fields; fields that never have a value give no property. */
type Properties<Fields> = {
  readonly [Key in keyof Fields as undefined extends ValueOf<Fields[Key]> ? never : Key]: ValueOf<Fields[Key]>;
} & {
  readonly [Key in keyof Fields as undefined extends ValueOf<Fields[Key]> ? Key : never]?: Exclude<
    ValueOf<Fields[Key]>,
    undefined
  >;
};

type Getter = 'getUint8' | 'getUint16' | 'getUint32' | 'getInt32' | 'getFloat32' | 'getFloat64';

function scalar(sizeBytes: number, get: Getter): Type<number> {
  return { sizeBytes, alignBytes: sizeBytes, read: ({ view }, at) => view[get](at, true) };
}

export const uint8 = scalar(1, 'getUint8');
export const uint16 = scalar(2, 'getUint16');
export const uint32 = scalar(4, 'getUint32');
export const int32 = scalar(4, 'getInt32');
export const float = scalar(4, 'getFloat32');
export const double = scalar(8, 'getFloat64');

/** A uint32 that is read as its position instead of its value. */
export const placeOfUint32: Type<number> = { ...uint32, read: (_, at) => at };

/** A uint8 that stands for one of `values`. @param isClosed whether no later version can add values. */
export function choice<const T>(values: readonly T[], isClosed = false): Type<T> & { readonly values: readonly T[] } {
  return {
    ...uint8,
    values,
    read: (walk, at, what) => {
      const index = walk.view.getUint8(at);
      if (index >= values.length) {
        walk.unknown ??= `${what} is ${index}, expected 0 to ${values.length - 1}`;
        if (isClosed) walk.fail(walk.unknown);
      }
      return values[index]!;
    },
  };
}

export const bool = choice([false, true], true);

export function struct<Fields extends Record<string, Type<unknown>>>(
  fields: Fields,
): Type<Values<Fields>> & { readonly fields: Fields } {
  let end = 0;
  let alignBytes = 1;
  const places = Object.entries(fields).map(([key, type]) => {
    const offset = alignUp(end, type.alignBytes);
    end = offset + type.sizeBytes;
    alignBytes = Math.max(alignBytes, type.alignBytes);
    return { key, type, offset };
  });
  return {
    fields,
    sizeBytes: alignUp(end, alignBytes),
    alignBytes,
    read: (walk, at, what) =>
      Object.fromEntries(
        places.map(({ key, type, offset }) => [key, type.read(walk, at + offset, `${what}.${key}`)]),
      ) as Values<Fields>,
  };
}

/** A type that is stored elsewhere and reached by an offset of 4 bytes. */
function reference<T>(read: Type<T>['read']): Type<T> {
  return { sizeBytes: 4, alignBytes: 4, read };
}

export const text = reference((walk, at, what) => walk.text(at, what));

/** @param most maximum number of elements; a file with more is refused. */
export function vector<T>(element: Type<T>, most: number): Type<readonly T[]> & { readonly element: Type<T> } {
  const { sizeBytes, alignBytes } = element;
  return {
    ...reference((walk, at, what) => {
      const { start, count } = walk.vector(at, what);
      walk.visit(start, count * sizeBytes, alignBytes, what);
      if (count > most) walk.limit(`${what} has ${count} entries, at most ${most} are read`);
      return Array.from({ length: count }, (_, i) => element.read(walk, start + i * sizeBytes, `${what}[${i}]`));
    }),
    element,
  };
}

/** Bytes that start at a multiple of 16 and end with the file. They are read as a view. */
export const lastBytes = reference((walk, at, what) => {
  const { start, count } = walk.vector(at, what);
  const { bytes } = walk;
  walk.claim(start, count, TENSOR_ALIGN_BYTES, what);
  if (start + count !== bytes.length) {
    walk.fail(`${what} ends at byte ${start + count}, but the file has ${bytes.length} bytes`);
  }
  return { start, bytes: bytes.subarray(start) };
});

/** Finds slot `i` of a field by the vtable, and checks that a value of `type` fits there; 0 if the slot is absent. */
type Place = (i: number, type: Type<unknown>) => number;

/** A field of a table: how it is read, and what its absence means. */
export interface Field<T> {
  readonly slots: number;
  /** The minor version that introduced the field; absent: 0. */
  readonly since?: number;
  /** The value that means "nothing": the object that is read then lacks the property. */
  readonly none?: unknown;
  read(walk: Walk, place: Place, what: string): T;
}

/** A field of one slot. */
export interface PlainField<T> extends Field<T> {
  readonly type: Type<T>;
  /** The value of the field if it is absent; a required field has none. */
  readonly absent?: T;
}

/** One field for each property. It may give undefined only if the property is optional. */
export type FieldsOf<Properties> = {
  readonly [Key in keyof Properties]-?: Field<
    Pick<Properties, Key> extends Required<Pick<Properties, Key>> ? Properties[Key] : Properties[Key] | undefined
  >;
};

function plain<T>(type: Type<T>, otherwise: (walk: Walk, what: string) => T): PlainField<T> {
  return {
    type,
    slots: 1,
    read: (walk, place, what) => {
      const at = place(0, type);
      return at === 0 ? otherwise(walk, what) : type.read(walk, at, what);
    },
  };
}

export function required<T>(type: Type<T>): PlainField<T> {
  return plain(type, (walk, what) => walk.fail(`${what} is missing`));
}

export function or<T>(type: Type<T>, absent: NoInfer<T>): PlainField<T> {
  return { ...plain(type, () => absent), absent };
}

export function optional<T>(type: Type<T>): PlainField<T | undefined> {
  return or<T | undefined>(type, undefined);
}

/** A field whose value `none` means the same as its absence. */
export function unless<T>(type: Type<T>, none: NoInfer<T>): PlainField<T | undefined> {
  return { ...or(type, none), none };
}

/** A table of a union: its number there, and its fields. */
interface Member {
  readonly type: number;
  readonly fields: Readonly<Record<string, Field<unknown>>>;
}

/** A field that holds one of several tables. The table's key in `members` is read as the property `op`. */
export function union<Value>(members: Readonly<Record<string, Member>>): Field<Value> {
  const list: [op: string, type: Type<object>][] = [];
  for (const [op, { type, fields }] of Object.entries(members)) list[type] = [op, table(fields)];
  return {
    slots: 2,
    read: (walk, place, what) => {
      const typeAt = place(0, uint8);
      const index = typeAt && walk.view.getUint8(typeAt);
      const at = place(1, text);
      const member = list[index];
      if (member === undefined) {
        walk.unknown ??= `${what} has type ${index}, expected 1 to ${list.length - 1}`;
        if (index === 0) walk.fail(walk.unknown);
        return {} as never;
      }
      if (at === 0) walk.fail(`${what} is missing`);
      const [op, type] = member;
      return { op, ...type.read(walk, at, `${what} (${op})`) } as never;
    },
  };
}

/**
 * A table, whose fields are read in order.
 *
 * @param isOpen whether the slots after the last field may be used. If not, a used one belongs to a newer version.
 */
export function table<Fields extends Readonly<Record<string, Field<unknown>>>>(
  fields: Fields,
  isOpen = false,
): Type<Properties<Fields>> & { readonly fields: Fields } {
  return {
    ...reference((walk, at, what) => {
      const { view } = walk;
      const start = walk.target(at, what);
      walk.visit(start, 4, 4, what);
      const vtable = start - view.getInt32(start, true);
      walk.visit(vtable, 4, 2, `the vtable of ${what}`);
      const vtableBytes = view.getUint16(vtable, true);
      const tableBytes = view.getUint16(vtable + 2, true);
      if (vtableBytes < 4 || vtableBytes % 2 !== 0 || tableBytes < 4) {
        walk.fail(`the vtable of ${what} has ${vtableBytes} bytes for a table of ${tableBytes}`);
      }
      walk.visit(vtable, vtableBytes, 2, `the vtable of ${what}`);
      walk.visit(start, tableBytes, 4, what);

      const slotCount = (vtableBytes - 4) / 2;
      const offsetOf = (slot: number): number => (slot < slotCount ? view.getUint16(vtable + 4 + 2 * slot, true) : 0);
      let slot = 0;
      const values: Record<string, unknown> = {};
      for (const [key, field] of Object.entries(fields)) {
        const fieldName = `${what}.${key}`;
        const value = field.read(
          walk,
          (i, { sizeBytes, alignBytes }) => {
            const offset = offsetOf(slot + i);
            if (offset === 0) return 0;
            if (offset < 4 || offset + sizeBytes > tableBytes) walk.fail(`${fieldName} lies outside its table`);
            walk.visit(start + offset, sizeBytes, alignBytes, fieldName);
            return start + offset;
          },
          fieldName,
        );
        slot += field.slots;
        if (value !== field.none) values[key] = value;
      }
      for (; !isOpen && slot < slotCount; slot++) {
        if (offsetOf(slot) !== 0) walk.unknown ??= `${what} has a field ${slot}, which its version doesn't define`;
      }
      return values as Properties<Fields>;
    }),
    fields,
  };
}
