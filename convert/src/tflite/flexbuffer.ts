import { MAX_FLEX_ENTRIES } from './limits.js';

// flexbuffer.ts — reads a FlexBuffers map of whole numbers, which is how custom operators keep their options.
//
//   root  = the last byte is the width of the root in bytes, the one before it its type, and the root lies before them
//   type  = kind * 4 + width exponent
//   map   = ..., offset of the keys, width of the keys, number of entries, | values, types     (the root's offset leads to |)
//   keys  = number of keys, | offsets of zero-terminated strings
//
// Offsets are distances backwards. Nothing is nested, so no offset can lead in a circle.

const MAP = 9;
/** Whole numbers in place, booleans in place, and numbers at an offset. */
const INT = 1;
const UINT = 2;
const INDIRECT_INT = 6;
const INDIRECT_UINT = 7;
const BOOL = 26;

const LATIN1 = new TextDecoder('latin1');
const MAX_KEY_BYTES = 64;

/**
 * The entries of a FlexBuffers map whose values are all whole numbers or booleans (0 or 1).
 *
 * @param fail is called with what is wrong, and throws.
 */
export function readFlexIntegers(bytes: Uint8Array, fail: (what: string) => never): ReadonlyMap<string, number> {
  return new FlexReader(bytes, fail).map();
}

class FlexReader {
  readonly #view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly fail: (what: string) => never,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  map(): Map<string, number> {
    const { length } = this.bytes;
    if (length < 3) this.fail(`have ${length} bytes, too few for a map`);
    const rootWidth = this.#width(this.bytes[length - 1]!);
    const type = this.bytes[length - 2]!;
    if (type >> 2 !== MAP) this.fail(`are of FlexBuffers type ${type >> 2}, expected a map (${MAP})`);
    const root = length - 2 - rootWidth;
    const values = this.#before(root, this.#uint(root, rootWidth));
    const width = 2 ** (type & 3);
    const count = this.#uint(values - width, width);
    if (count > MAX_FLEX_ENTRIES) this.fail(`have ${count} entries, at most ${MAX_FLEX_ENTRIES} are read`);
    const keyWidth = this.#width(this.#uint(values - 2 * width, width));
    const keysOffset = values - 3 * width;
    const keys = this.#before(keysOffset, this.#uint(keysOffset, width));
    const keyCount = this.#uint(keys - keyWidth, keyWidth);
    if (keyCount !== count) this.fail(`have ${keyCount} keys for ${count} values`);
    const entries = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const keyAt = keys + i * keyWidth;
      const key = this.#key(this.#before(keyAt, this.#uint(keyAt, keyWidth)));
      const valueType = this.#uint(values + count * width + i, 1);
      if (entries.has(key)) this.fail(`have the key ${JSON.stringify(key)} twice`);
      entries.set(key, this.#number(values + i * width, width, valueType, key));
    }
    return entries;
  }

  #number(at: number, width: number, type: number, key: string): number {
    switch (type >> 2) {
      case BOOL:
      case UINT:
        return this.#uint(at, width);
      case INT:
        return this.#int(at, width);
      case INDIRECT_INT:
        return this.#int(this.#before(at, this.#uint(at, width)), 2 ** (type & 3));
      case INDIRECT_UINT:
        return this.#uint(this.#before(at, this.#uint(at, width)), 2 ** (type & 3));
      default:
        return this.fail(`have ${JSON.stringify(key)} of FlexBuffers type ${type >> 2}, expected a whole number`);
    }
  }

  #key(at: number): string {
    const end = this.bytes.indexOf(0, at);
    if (end < 0 || end - at > MAX_KEY_BYTES) this.fail(`have a key at byte ${at} without an end`);
    // Copied, because browsers don't decode text in shared memory.
    return LATIN1.decode(this.bytes.slice(at, end));
  }

  #width(bytes: number): number {
    if (bytes !== 1 && bytes !== 2 && bytes !== 4 && bytes !== 8) this.fail(`have values of ${bytes} bytes`);
    return bytes;
  }

  #before(at: number, offset: number): number {
    if (offset > at) this.fail(`have an offset of ${offset} at byte ${at}, which leads outside`);
    return at - offset;
  }

  #claim(at: number, width: number): void {
    if (at < 0 || at + width > this.bytes.length) {
      this.fail(`need bytes ${at} to ${at + width}, they have ${this.bytes.length}`);
    }
  }

  #uint(at: number, width: number): number {
    this.#claim(at, width);
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at, true);
    if (width === 4) return this.#view.getUint32(at, true);
    return Number(this.#view.getBigUint64(at, true));
  }

  #int(at: number, width: number): number {
    this.#claim(at, width);
    if (width === 1) return this.#view.getInt8(at);
    if (width === 2) return this.#view.getInt16(at, true);
    if (width === 4) return this.#view.getInt32(at, true);
    return Number(this.#view.getBigInt64(at, true));
  }
}
