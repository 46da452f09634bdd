import { SignwaveError, visible } from '@signwave/format';
import { MAX_TFLITE_STRING_BYTES, MAX_TFLITE_TEXT_BYTES } from './limits.js';

// flatbuffer.ts — reads the tables of a TensorFlow Lite file, whose bytes nobody vouches for.
//
// Each offset is followed only after its target was found to lie inside the file. The schema that is read isn't recursive and every vector
// has a limit, so that a file whose offsets point back at each other costs no more than one of separate tables. Numbers may lie at any
// byte: a DataView reads them wherever they are, and files written by hand or by old tools aren't always aligned.

const UTF8 = new TextDecoder('utf-8');

/** The bytes of one file. */
export class FlatBuffer {
  readonly #view: DataView;
  #textBytes = 0;

  /** @param name what messages call the file. */
  constructor(
    readonly bytes: Uint8Array,
    readonly name: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The table that the first offset of the file points to. @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE`, as all that reads. */
  root(what: string): FlatTable {
    return this.table(0, what);
  }

  /** The file is damaged. */
  fail(what: string): never {
    throw new SignwaveError(
      'E_CHECKPOINT_STRUCTURE',
      `${this.name} is a damaged TensorFlow Lite model: ${visible(what)}. Was it cut short or changed? Compare its size or SHA-256, or convert the Keras model again`,
    );
  }

  /** Makes sure that bytes `at` to `at + sizeBytes` lie in the file. */
  claim(at: number, sizeBytes: number, what: string): void {
    const end = at + sizeBytes;
    if (!(at >= 0 && end <= this.bytes.length)) {
      this.fail(`${what} needs bytes ${at} to ${end}, but the file has ${this.bytes.length}`);
    }
  }

  uint8(at: number, what: string): number {
    this.claim(at, 1, what);
    return this.#view.getUint8(at);
  }

  uint16(at: number, what: string): number {
    this.claim(at, 2, what);
    return this.#view.getUint16(at, true);
  }

  int32(at: number, what: string): number {
    this.claim(at, 4, what);
    return this.#view.getInt32(at, true);
  }

  uint32(at: number, what: string): number {
    this.claim(at, 4, what);
    return this.#view.getUint32(at, true);
  }

  float32(at: number, what: string): number {
    this.claim(at, 4, what);
    return this.#view.getFloat32(at, true);
  }

  uint64(at: number, what: string): bigint {
    this.claim(at, 8, what);
    return this.#view.getBigUint64(at, true);
  }

  /** The table that the offset at byte `at` points to. */
  table(at: number, what: string): FlatTable {
    return new FlatTable(this, this.#target(at, what), what);
  }

  /** The place and the length of the vector that the offset at byte `at` points to, all of it inside the file. */
  vector(at: number, elementBytes: number, most: number, what: string): { start: number; count: number } {
    const head = this.#target(at, what);
    const count = this.uint32(head, what);
    if (count > most) this.fail(`${what} has ${count} entries, at most ${most} are read`);
    this.claim(head + 4, count * elementBytes, what);
    return { start: head + 4, count };
  }

  text(at: number, what: string): string {
    const { start, count } = this.vector(at, 1, MAX_TFLITE_STRING_BYTES, what);
    this.#textBytes += count;
    if (this.#textBytes > MAX_TFLITE_TEXT_BYTES) {
      this.fail(`its strings have more than ${MAX_TFLITE_TEXT_BYTES} bytes together`);
    }
    // Copied, because browsers don't decode text in shared memory.
    return UTF8.decode(this.bytes.slice(start, start + count));
  }

  #target(at: number, what: string): number {
    const offset = this.uint32(at, what);
    if (offset === 0) this.fail(`the offset of ${what} is 0`);
    return at + offset;
  }
}

/** One table; its fields are found by their slots in the schema. An absent field gives what the caller says. */
export class FlatTable {
  readonly #vtable: number;
  readonly #slots: number;
  readonly #tableBytes: number;

  constructor(
    private readonly file: FlatBuffer,
    private readonly start: number,
    /** What messages call the table. */
    readonly what: string,
  ) {
    this.#vtable = start - file.int32(start, what);
    const vtableBytes = file.uint16(this.#vtable, `the vtable of ${what}`);
    this.#tableBytes = file.uint16(this.#vtable + 2, `the vtable of ${what}`);
    if (vtableBytes < 4 || vtableBytes % 2 !== 0 || this.#tableBytes < 4) {
      file.fail(`the vtable of ${what} has ${vtableBytes} bytes for a table of ${this.#tableBytes}`);
    }
    file.claim(this.#vtable, vtableBytes, `the vtable of ${what}`);
    file.claim(start, this.#tableBytes, what);
    this.#slots = (vtableBytes - 4) / 2;
  }

  uint8(slot: number, name: string, absent = 0): number {
    const at = this.#place(slot, 1, name);
    return at === 0 ? absent : this.file.uint8(at, this.#path(name));
  }

  int32(slot: number, name: string, absent = 0): number {
    const at = this.#place(slot, 4, name);
    return at === 0 ? absent : this.file.int32(at, this.#path(name));
  }

  uint32(slot: number, name: string, absent = 0): number {
    return this.int32(slot, name, absent) >>> 0;
  }

  float32(slot: number, name: string, absent = 0): number {
    const at = this.#place(slot, 4, name);
    return at === 0 ? absent : this.file.float32(at, this.#path(name));
  }

  uint64(slot: number, name: string): bigint {
    const at = this.#place(slot, 8, name);
    return at === 0 ? 0n : this.file.uint64(at, this.#path(name));
  }

  text(slot: number, name: string): string | undefined {
    const at = this.#place(slot, 4, name);
    return at === 0 ? undefined : this.file.text(at, this.#path(name));
  }

  table(slot: number, name: string): FlatTable | undefined {
    const at = this.#place(slot, 4, name);
    return at === 0 ? undefined : this.file.table(at, this.#path(name));
  }

  /** A vector of bytes, as a view of the file. @param most its longest length. */
  bytes(slot: number, most: number, name: string): Uint8Array | undefined {
    const at = this.#place(slot, 4, name);
    if (at === 0) return undefined;
    const { start, count } = this.file.vector(at, 1, most, this.#path(name));
    return this.file.bytes.subarray(start, start + count);
  }

  int32s(slot: number, most: number, name: string): number[] {
    return this.#vector(slot, 4, most, name, (at, what) => this.file.int32(at, what));
  }

  float32s(slot: number, most: number, name: string): number[] {
    return this.#vector(slot, 4, most, name, (at, what) => this.file.float32(at, what));
  }

  tables(slot: number, most: number, name: string): FlatTable[] {
    return this.#vector(slot, 4, most, name, (at, what) => this.file.table(at, what));
  }

  fail(what: string): never {
    this.file.fail(`${this.what} ${what}`);
  }

  #vector<T>(
    slot: number,
    elementBytes: number,
    most: number,
    name: string,
    read: (at: number, what: string) => T,
  ): T[] {
    const at = this.#place(slot, 4, name);
    if (at === 0) return [];
    const path = this.#path(name);
    const { start, count } = this.file.vector(at, elementBytes, most, path);
    return Array.from({ length: count }, (_, i) => read(start + i * elementBytes, `${path}[${i}]`));
  }

  #path(name: string): string {
    return `${this.what}.${name}`;
  }

  /** The byte at which a field's entry lies, or 0 if the table doesn't have it. */
  #place(slot: number, sizeBytes: number, name: string): number {
    if (slot >= this.#slots) return 0;
    const offset = this.file.uint16(this.#vtable + 4 + 2 * slot, this.#path(name));
    if (offset === 0) return 0;
    if (offset < 4 || offset + sizeBytes > this.#tableBytes) {
      this.file.fail(`${this.#path(name)} lies outside its table`);
    }
    return this.start + offset;
  }
}
