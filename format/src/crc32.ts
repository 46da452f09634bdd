import { builtin } from './builtin.js';

/** Number of bytes handled at once. Each takes one look-up, and no look-up depends on another. */
const SLICES = 8;

/** (SLICES, 256): what a byte contributes to the CRC if 0 to 7 bytes follow it. */
const TABLES = sliceTables();

function sliceTables(): Uint32Array {
  const tables = new Uint32Array(SLICES * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    tables[n] = c;
  }
  for (let n = 256; n < tables.length; n++) tables[n] = tables[tables[n - 256]! & 255]! ^ (tables[n - 256]! >>> 8);
  return tables;
}

/**
 * Computes the CRC-32 of IEEE 802.3, zip and PNG (polynomial 0x04c11db7, reflected).
 *
 * Node's own function, from 20.15 and 22.2 on, uses instructions of the CPU.
 *
 * @param previous the CRC of the preceding bytes, to continue from; 0 at the start.
 */
export const crc32: (bytes: Uint8Array, previous?: number) => number =
  builtin<{ crc32?: typeof portableCrc32 }>('node:zlib')?.crc32 ?? portableCrc32;

/** {@link crc32} in plain JavaScript, eight bytes at a time. */
export function portableCrc32(bytes: Uint8Array, previous = 0): number {
  const t = TABLES;
  let c = ~previous;
  let i = 0;
  for (const end = bytes.length - SLICES; i <= end; i += SLICES) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c =
      t[1792 + (c & 255)]! ^
      t[1536 + ((c >>> 8) & 255)]! ^
      t[1280 + ((c >>> 16) & 255)]! ^
      t[1024 + (c >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) c = t[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return ~c >>> 0;
}
