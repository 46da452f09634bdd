import { MAX_PICKLE_INTEGER_BYTES, MAX_PICKLE_STRING_BYTES } from './limits.js';

/** How a reader of the stream gives up: raises an error that carries the byte offset. */
export type Fail = (message: string) => never;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads the operands of pickle opcodes, little-endian unless said otherwise, and never past the end. */
export class PickleCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fail: Fail;
  offset = 0;

  constructor(bytes: Uint8Array, fail: Fail) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#fail = fail;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A length of eight bytes. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** The float of BINFLOAT, the one big-endian operand. */
  f64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** A two's complement integer of `lengthBytes`; a `bigint` only if a number can't hold it exactly. */
  integer(lengthBytes: number): number | bigint {
    if (lengthBytes > MAX_PICKLE_INTEGER_BYTES) {
      this.#fail(`an integer of ${lengthBytes} bytes, more than ${MAX_PICKLE_INTEGER_BYTES}`);
    }
    const digits = this.bytes(lengthBytes);
    let value = 0n;
    for (let i = lengthBytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]!);
    value = BigInt.asIntN(lengthBytes * 8, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** A view of the next `lengthBytes` bytes. */
  bytes(lengthBytes: number): Uint8Array {
    if (lengthBytes > MAX_PICKLE_STRING_BYTES) {
      this.#fail(`a string or bytes object of ${lengthBytes} bytes, more than ${MAX_PICKLE_STRING_BYTES}`);
    }
    const start = this.#advance(lengthBytes);
    return this.#bytes.subarray(start, start + lengthBytes);
  }

  utf8(lengthBytes: number): string {
    return this.#decode(this.bytes(lengthBytes));
  }

  /** A string of Python 2, whose encoding is unknown: one character for each byte. */
  latin1(lengthBytes: number): string {
    return Array.from(this.bytes(lengthBytes), (byte) => String.fromCharCode(byte)).join('');
  }

  /** Text up to the next line feed, which is consumed. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.offset);
    if (end < 0) this.#fail('a name without an end');
    const text = this.#decode(this.bytes(end - this.offset));
    this.offset = end + 1;
    return text;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return UTF8.decode(bytes);
    } catch {
      return this.#fail('a string that is not UTF-8');
    }
  }

  /** Step over `lengthBytes` and return where they start. */
  #advance(lengthBytes: number): number {
    const start = this.offset;
    if (start + lengthBytes > this.#bytes.length) {
      this.#fail(`the stream ends at byte ${this.#bytes.length}, ${start + lengthBytes} are needed`);
    }
    this.offset = start + lengthBytes;
    return start;
  }
}
