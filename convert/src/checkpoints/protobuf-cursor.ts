import { type ByteSource, SignwaveError } from '@signwave/format';
import { MAX_PROTOBUF_FIELDS, PROTOBUF_WINDOW_BYTES } from './limits.js';

// protobuf-cursor.ts — reads the wire format of Protocol Buffers from front to back, without holding a message in memory.
//
//   field = varint(number * 8 + wire type), value
//   wire type 0: varint, 7 bits a byte, least significant first, the top bit says that more follow
//             1: 8 bytes, little-endian
//             2: varint length in bytes, then that many bytes (strings, messages, packed numbers)
//             5: 4 bytes, little-endian
//
// A file of nothing but small fields costs a step for each, so their number is limited; everything else is skipped without being read.

/** A field whose value lies in the file from `startBytes` to `endBytes`. */
export interface ProtobufField {
  readonly number: number;
  readonly wire: 0 | 1 | 2 | 5;
  readonly startBytes: number;
  readonly endBytes: number;
}

/** The most bytes that a tag and a length, or a tag and a number, can take. */
const MAX_HEAD_BYTES = 20;
const MAX_VARINT_BYTES = 10;
const FIXED_BYTES = { 1: 8, 5: 4 } as const;

export class ProtobufCursor {
  #at = 0;
  #fields = 0;
  #window: Uint8Array = new Uint8Array(0);
  #windowStart = 0;

  constructor(
    private readonly source: ByteSource,
    /** What the file is, in words, for messages. */
    private readonly kind: string,
  ) {}

  /** Visits all fields of a message, one after the other. @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE`, `E_IO`. */
  async eachField(
    message: { readonly startBytes: number; readonly endBytes: number },
    visit: (field: ProtobufField) => Promise<void> | void,
  ): Promise<void> {
    this.#at = message.startBytes;
    while (this.#at < message.endBytes) {
      const field = await this.#field(message.endBytes);
      await visit(field);
      this.#at = field.endBytes;
    }
  }

  /** The bytes of a field's value. @param most is the limit of their number. */
  async bytes({ startBytes, endBytes }: ProtobufField, most: number): Promise<Uint8Array> {
    const count = endBytes - startBytes;
    if (count > most) this.fail(`a text or a list has ${count} bytes, more than ${most}`);
    await this.#load(startBytes, count);
    return this.#window.subarray(startBytes - this.#windowStart, endBytes - this.#windowStart);
  }

  /** The varints of a field: a single one, or a packed list of at most `most`. */
  async varints(field: ProtobufField, most: number): Promise<number[]> {
    if (field.wire !== 0 && field.wire !== 2) this.fail('a whole number has the wire type of another value');
    const bytes = await this.bytes(field, most * MAX_VARINT_BYTES);
    const values: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (values.length === most) this.fail(`a list has more than ${most} numbers`);
      const { value, next } = this.#varint(bytes, at, bytes.length);
      values.push(value);
      at = next;
    }
    return values;
  }

  /** The floats of a field: a single one, or a packed list of at most `most`. */
  async floats(field: ProtobufField, most: number): Promise<number[]> {
    if (field.wire !== 2 && field.wire !== 5) this.fail('a float has the wire type of another value');
    const bytes = await this.bytes(field, most * 4);
    if (bytes.length % 4 !== 0) this.fail(`a list of floats has ${bytes.length} bytes`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
  }

  /** The file is damaged. */
  fail(what: string): never {
    const advice = 'Was it cut short? Compare its size or SHA-256';
    throw new SignwaveError(
      'E_CHECKPOINT_STRUCTURE',
      `${this.source.name} is a damaged ${this.kind}: ${what}. ${advice}`,
    );
  }

  /** The file is whole, but of a kind that isn't read. */
  refuse(what: string): never {
    throw new SignwaveError('E_CHECKPOINT_STRUCTURE', `${this.source.name} is a ${this.kind} ${what}`);
  }

  async #field(limitBytes: number): Promise<ProtobufField> {
    if (++this.#fields > MAX_PROTOBUF_FIELDS) this.fail(`it has more than ${MAX_PROTOBUF_FIELDS} fields`);
    const begin = this.#at;
    await this.#load(begin, Math.min(MAX_HEAD_BYTES, limitBytes - begin));
    const offset = this.#windowStart;
    const tag = this.#varint(this.#window, begin - offset, limitBytes - offset);
    const number = Math.floor(tag.value / 8);
    const wire = tag.value % 8;
    if (number < 1 || number >= 2 ** 29) this.fail(`field ${number} at byte ${begin} is none`);
    const at = tag.next + offset;
    const field = (startBytes: number, endBytes: number): ProtobufField => {
      if (endBytes > limitBytes) {
        this.fail(`field ${number} at byte ${begin} ends at ${endBytes}, beyond what it is part of, at ${limitBytes}`);
      }
      return { number, wire: wire as ProtobufField['wire'], startBytes, endBytes };
    };
    switch (wire) {
      case 0:
        return field(at, this.#varint(this.#window, tag.next, limitBytes - offset).next + offset);
      case 1:
      case 5:
        return field(at, at + FIXED_BYTES[wire]);
      case 2: {
        const length = this.#varint(this.#window, tag.next, limitBytes - offset);
        return field(length.next + offset, length.next + offset + length.value);
      }
      default:
        return this.fail(`field ${number} at byte ${begin} has the wire type ${wire}, which isn't read`);
    }
  }

  /** A number up to 2^70, exact up to 2^53. @param end behind the last byte that it may have. */
  #varint(bytes: Uint8Array, start: number, end: number): { readonly value: number; readonly next: number } {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = start + i < end ? bytes[start + i] : undefined;
      if (byte === undefined) this.fail('it ends inside a number');
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return { value, next: start + i + 1 };
    }
    return this.fail(`a number has more than ${MAX_VARINT_BYTES} bytes`);
  }

  /** Makes the window hold `count` bytes from `start`. Since reading goes forward, no byte is read more than a few times. */
  async #load(start: number, count: number): Promise<void> {
    const from = start - this.#windowStart;
    if (from >= 0 && from + count <= this.#window.length) return;
    const wanted = Math.min(Math.max(count, PROTOBUF_WINDOW_BYTES), this.source.sizeBytes - start);
    if (count > wanted) this.fail(`it ends at byte ${this.source.sizeBytes}`);
    this.#window = await this.source.read(start, wanted);
    this.#windowStart = start;
  }
}
