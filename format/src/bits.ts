/**
 * Packing of bits (SPEC.md 3.3): 1 is +1, 0 is -1. Element i is bit i % 8 of byte floor(i / 8), counted from the least significant bit.
 * Unused bits of the last byte are 0.
 */

/** Packs `count` elements; element i is +1 if `isPlus(i)`, otherwise -1. */
export function packBits(count: number, isPlus: (index: number) => boolean): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(count / 8));
  for (let i = 0; i < count; i++) if (isPlus(i)) bytes[i >> 3]! |= 1 << (i & 7);
  return bytes;
}

/** Unpacks the first `count` elements as +1 and -1. */
export function unpackBits(bytes: Uint8Array, count: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = (bytes[i >> 3]! >> (i & 7)) & 1 ? 1 : -1;
  return values;
}
