import { MAX_KEPT_TEXT_BYTES, MAX_PICKLE_INTEGER_BYTES } from './limits.js';
import { LongText } from './pickle-values.js';

/** Gives up reading the stream: throws an error that carries the byte offset. */
export type Fail = (message: string) => never;

/**
 * A computation over a stream whose bytes may have to be fetched first. It yields the offset from which it needs bytes, and goes on when it
 * gets them.
 */
export type Steps<T> = Generator<number, T, Uint8Array>;

/** Bytes of the window that an operation may need: two names, or a string that is kept and its length. */
export const LOOKAHEAD_BYTES = MAX_KEPT_TEXT_BYTES + 1_024;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LINE_FEED = 0x0a;

/**
 * Reads the operands of pickle opcodes, little-endian unless said otherwise, and never beyond the end. Only a part of the stream, the
 * window, is in memory; long strings are skipped without being there.
 */
export class PickleCursor {
  readonly #sizeBytes: number;
  readonly #fail: Fail;
  #window = new Uint8Array(0);
  #view: DataView = new DataView(this.#window.buffer);
  #windowStart = 0;
  offset = 0;

  /** @param sizeBytes of the stream, or how large it may become. */
  constructor(sizeBytes: number, fail: Fail) {
    this.#sizeBytes = sizeBytes;
    this.#fail = fail;
  }

  /** Whether the stream continues after the window, and the next operation might need bytes from there. */
  get isShort(): boolean {
    const end = this.#windowEnd;
    return end < this.#sizeBytes && end - this.offset < LOOKAHEAD_BYTES;
  }

  /** @param window bytes of the stream from `offset` on. */
  fill(window: Uint8Array): void {
    this.#window = window as Uint8Array<ArrayBuffer>;
    this.#view = new DataView(window.buffer, window.byteOffset, window.length);
    this.#windowStart = this.offset;
  }

  get #windowEnd(): number {
    return this.#windowStart + this.#window.length;
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

  /** The operand of BINFLOAT, the only big-endian one. */
  f64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** A two's complement integer of `lengthBytes`; a `bigint` only if a number can't hold it exactly. */
  integer(lengthBytes: number): number | bigint {
    if (lengthBytes > MAX_PICKLE_INTEGER_BYTES) {
      this.#fail(`an integer of ${lengthBytes} bytes, more than ${MAX_PICKLE_INTEGER_BYTES}`);
    }
    const digits = this.#bytes(lengthBytes);
    let value = 0n;
    for (let i = lengthBytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]!);
    value = BigInt.asIntN(lengthBytes * 8, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** The next `lengthBytes` bytes. */
  bytes(lengthBytes: number): Uint8Array | LongText {
    return this.#long('bytes', lengthBytes) ?? this.#bytes(lengthBytes).slice();
  }

  utf8(lengthBytes: number): string | LongText {
    return this.#long('string', lengthBytes) ?? this.#decode(this.#bytes(lengthBytes));
  }

  /** A string of Python 2, whose encoding is unknown: one character for each byte. */
  latin1(lengthBytes: number): string | LongText {
    return this.#long('string', lengthBytes) ?? latin1(this.#bytes(lengthBytes));
  }

  /** Skip `lengthBytes` bytes, which need not be in the window. */
  skip(lengthBytes: number): void {
    if (this.offset + lengthBytes > this.#sizeBytes) {
      this.#fail(`the stream ends at byte ${this.#sizeBytes}, ${this.offset + lengthBytes} are needed`);
    }
    this.offset += lengthBytes;
  }

  /** UTF-8 up to the next line feed, which is consumed. */
  line(): string {
    return this.#decode(this.#line());
  }

  /** The same for text with one character for each byte. */
  latin1Line(): string {
    return latin1(this.#line());
  }

  /** Whether the next line is too long to be kept, or isn't in the window as a whole. */
  get isLongLine(): boolean {
    return this.#lineLength() < 0;
  }

  /** Skip a line of any length. @returns how many bytes it has. */
  *passLine(): Steps<number> {
    const start = this.offset;
    for (;;) {
      const end = this.#window.indexOf(LINE_FEED, this.offset - this.#windowStart);
      if (end >= 0) {
        this.offset = this.#windowStart + end + 1;
        return this.offset - 1 - start;
      }
      this.offset = this.#windowEnd;
      if (this.offset >= this.#sizeBytes) this.#fail('a line without an end');
      this.fill(yield this.offset);
    }
  }

  #line(): Uint8Array {
    const length = this.#lineLength();
    if (length < 0) this.#fail('a name without an end');
    const text = this.#bytes(length);
    this.offset++;
    return text;
  }

  #lineLength(): number {
    const start = this.offset - this.#windowStart;
    return this.#window.subarray(start, start + MAX_KEPT_TEXT_BYTES).indexOf(LINE_FEED);
  }

  /** Skip a string that is too long to be kept. @returns `undefined` if it isn't. */
  #long(kind: LongText['kind'], lengthBytes: number): LongText | undefined {
    if (lengthBytes <= MAX_KEPT_TEXT_BYTES) return undefined;
    if (this.offset + lengthBytes > this.#sizeBytes) {
      this.#fail(`a string or bytes object of ${lengthBytes} bytes, but the stream ends at byte ${this.#sizeBytes}`);
    }
    this.offset += lengthBytes;
    return new LongText(kind, lengthBytes);
  }

  /** A view of the window. */
  #bytes(lengthBytes: number): Uint8Array {
    const start = this.#advance(lengthBytes);
    return this.#window.subarray(start, start + lengthBytes);
  }

  #decode(bytes: Uint8Array): string {
    try {
      return UTF8.decode(bytes);
    } catch {
      return this.#fail('a string that is not UTF-8');
    }
  }

  /** Skip `lengthBytes` and return where they start in the window. */
  #advance(lengthBytes: number): number {
    const start = this.offset - this.#windowStart;
    this.skip(lengthBytes);
    return start;
  }
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
