// The ways in which tests and `npm run fuzz` damage files.

/** A whole number from 0 to below n. */
export type Below = (n: number) => number;

/** Changes a file in place, or gives another. */
export type Mutation = (file: Uint8Array, below: Below) => Uint8Array;

/** Numbers that often break readers: ends of ranges, sign bits, small offsets. */
const NASTY = [
  0, 1, 2, 3, 4, 5, 7, 8, 16, 127, 128, 255, 256, 0x7ffc, 0x7fff, 0x8000, 0xfffc, 0xffff, 0x7fffffff, 0x80000000,
  0xfffffffc, 0xffffffff,
];

export const flippedBit: Mutation = (file, below) => {
  file[below(file.length)]! ^= 1 << below(8);
  return file;
};

/** @param most bytes. */
export function randomBytes(most: number): Mutation {
  return (file, below) => {
    const at = below(file.length - most);
    for (let i = 0, count = 1 + below(most); i < count; i++) file[at + i] = below(256);
    return file;
  };
}

/** @param most bytes. */
export function copiedRange(most: number): Mutation {
  return (file, below) => {
    const length = 1 + below(Math.min(most, file.length));
    const from = below(file.length - length);
    file.copyWithin(below(file.length - length), from, from + length);
    return file;
  };
}

export const cutEnd: Mutation = (file, below) => file.subarray(0, below(file.length));

/** Up to 3 bytes replaced by one of the fragments or, less often, by any byte. */
export function putIn(fragments: readonly Uint8Array[]): Mutation {
  return (file, below) => {
    const at = below(file.length);
    const until = Math.min(file.length, at + below(4));
    const put = below(3) ? fragments[below(fragments.length)]! : Uint8Array.of(below(256));
    return concat(file.subarray(0, at), put, file.subarray(until));
  };
}

/** Those that keep the file's length. */
export const IN_PLACE: Readonly<Record<string, Mutation>> = {
  'a bit flipped': flippedBit,
  'up to 8 bytes overwritten': (bytes, below) => {
    for (let n = below(8); n >= 0; n--) bytes[below(bytes.length)] = below(256);
    return bytes;
  },
  'a uint16 overwritten': (bytes, below) => overwrite(bytes, below, 2),
  'a uint32 overwritten': (bytes, below) => overwrite(bytes, below, 4),
  'four numbers overwritten': (bytes, below) => {
    for (let n = 0; n < 4; n++) overwrite(bytes, below, below(2) ? 2 : 4);
    return bytes;
  },
  'two blocks swapped': (bytes, below) => {
    const length = 1 + below(Math.min(64, bytes.length >> 2));
    const [a, b] = [below(bytes.length - length), below(bytes.length - length)];
    const block = bytes.slice(a, a + length);
    bytes.copyWithin(a, b, b + length);
    bytes.set(block, b);
    return bytes;
  },
  'a block repeated elsewhere': (bytes, below) => {
    const start = below(bytes.length);
    bytes.copyWithin(below(bytes.length), start, start + 1 + below(64));
    return bytes;
  },
};

/** Those that change it. */
export const RESIZING: Readonly<Record<string, Mutation>> = {
  'cut short': (bytes, below) => bytes.slice(0, below(bytes.length)),
  'bytes put in': (bytes, below) => {
    const at = below(bytes.length);
    const added = new Uint8Array(1 + below(32)).map(() => below(256));
    return concat(bytes.subarray(0, at), added, bytes.subarray(at));
  },
  'bytes taken out': (bytes, below) => {
    const at = below(bytes.length);
    return concat(bytes.subarray(0, at), bytes.subarray(at + 1 + below(32)));
  },
};

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function overwrite(bytes: Uint8Array, below: Below, width: 2 | 4): Uint8Array {
  if (bytes.length < 2 * width) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = below((bytes.length - width) / width) * width;
  // Writes a nasty number, a small change of the old one, or any number.
  const was = width === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
  const value = [NASTY[below(NASTY.length)]!, was + below(33) - 16, below(2 ** 32)][below(3)]!;
  if (width === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
  return bytes;
}
