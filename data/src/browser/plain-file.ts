// Browsers rotate an image as its EXIF says, convert its colours as its profile says, and lose the colour under transparent pixels on their
// canvases; some have no switch for that. If a file says none of this, its samples are decoded as they are.

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/**
 * Bit 5 of the first letter of a chunk's type: the chunk is ancillary, which means that PNG allows leaving it out. Even transparency (tRNS)
 * is.
 */
const ANCILLARY = 0x20;

const MARKER = 0xff;
const START_OF_IMAGE = 0xd8;
const START_OF_SCAN = 0xda;
/** JPEG segments with EXIF or an ICC profile. Adobe's segment (APP14) is kept, because it says how colours are stored. */
const REMOVED_MARKERS: readonly number[] = [0xe1, 0xe2];

/** WebP chunks to remove. A lossy image has its alpha in a chunk of its own; in a lossless image it is part of the pixels. */
const WEBP_REMOVED: readonly string[] = ['EXIF', 'XMP ', 'ICCP', 'ALPH'];
/** Flags in the VP8X chunk. */
const WEBP_FLAG = { profile: 0x20, alpha: 0x10, exif: 0x08, xmp: 0x04 } as const;
/** Bit 28 of a lossless stream's header, which follows a signature of one byte: alpha is used. */
const LOSSLESS_ALPHA = { at: 4, bit: 0x10 } as const;
const CHUNK_HEADER_BYTES = 8;

/**
 * The file without what makes a browser change samples: orientation, profiles, gamma, and transparency if it can be removed without
 * decoding (see {@link keepsAlpha}).
 *
 * @param bytes of a PNG, JPEG or WebP file. Other files, and files whose structure isn't understood, are returned unchanged.
 */
export function plainFile(bytes: Uint8Array): Uint8Array {
  if (isPng(bytes)) return keep(bytes, pngParts(bytes));
  if (bytes[0] === MARKER && bytes[1] === START_OF_IMAGE) return keep(bytes, jpegParts(bytes));
  if (isWebp(bytes)) return plainWebp(bytes);
  return bytes;
}

export function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** Whether {@link plainFile} leaves alpha in a file, as in a WebP that is lossless or an animation. */
export function keepsAlpha(bytes: Uint8Array): boolean {
  if (!isWebp(bytes)) return false;
  return webpChunks(bytes).some(({ type, from }) => {
    if (type === 'ANMF') return true;
    return type === 'VP8L' && (bytes[from + CHUNK_HEADER_BYTES + LOSSLESS_ALPHA.at]! & LOSSLESS_ALPHA.bit) !== 0;
  });
}

function isWebp(bytes: Uint8Array): boolean {
  return latin1(bytes, 0, 4) === 'RIFF' && latin1(bytes, 8, 12) === 'WEBP';
}

/** From one byte to another, which isn't included. */
type Part = readonly [from: number, to: number];

function keep(bytes: Uint8Array, parts: readonly Part[]): Uint8Array {
  const kept = new Uint8Array(parts.reduce((sum, [from, to]) => sum + to - from, 0));
  let at = 0;
  for (const [from, to] of parts) {
    kept.set(bytes.subarray(from, to), at);
    at += to - from;
  }
  return kept;
}

function pngParts(bytes: Uint8Array): Part[] {
  const view = viewOf(bytes);
  const parts: Part[] = [[0, PNG_SIGNATURE.length]];
  for (let at = PNG_SIGNATURE.length; at + 8 <= bytes.length; ) {
    const end = Math.min(bytes.length, at + 12 + view.getUint32(at)); // length, type, data, checksum
    if ((bytes[at + 4]! & ANCILLARY) === 0) parts.push([at, end]);
    at = end;
  }
  return parts;
}

function jpegParts(bytes: Uint8Array): Part[] {
  const view = viewOf(bytes);
  const parts: Part[] = [[0, 2]];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === MARKER && bytes[at + 1] !== START_OF_SCAN) {
    if (bytes[at + 1] === MARKER) {
      at++; // any number of these bytes may come before a marker
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (!REMOVED_MARKERS.includes(bytes[at + 1]!)) parts.push([at, Math.min(end, bytes.length)]);
    at = end;
  }
  if (at < bytes.length) parts.push([at, bytes.length]);
  return parts;
}

function plainWebp(bytes: Uint8Array): Uint8Array {
  const kept = webpChunks(bytes).filter(({ type }) => !WEBP_REMOVED.includes(type));
  const plain = keep(bytes, [[0, 12], ...kept.map(({ from, to }) => [from, to] as const)]);
  viewOf(plain).setUint32(4, plain.length - CHUNK_HEADER_BYTES, true);
  const removed = WEBP_FLAG.profile | WEBP_FLAG.exif | WEBP_FLAG.xmp | (keepsAlpha(bytes) ? 0 : WEBP_FLAG.alpha);
  const extended = webpChunks(plain).find(({ type }) => type === 'VP8X');
  if (extended) plain[extended.from + CHUNK_HEADER_BYTES]! &= ~removed;
  return plain;
}

/** The chunks of a WebP file: a type, a length (u32, little-endian), data, and a byte of padding if the length is odd. */
function webpChunks(bytes: Uint8Array): { readonly type: string; readonly from: number; readonly to: number }[] {
  const view = viewOf(bytes);
  const chunks = [];
  for (let from = 12; from + CHUNK_HEADER_BYTES <= bytes.length; ) {
    const dataBytes = view.getUint32(from + 4, true);
    const to = Math.min(bytes.length, from + CHUNK_HEADER_BYTES + dataBytes + (dataBytes & 1));
    chunks.push({ type: latin1(bytes, from, from + 4), from, to });
    from = to;
  }
  return chunks;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}
