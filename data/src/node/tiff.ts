/** Tags of TIFF 6.0 that decide how samples are read. */
const TAG = {
  bits: 258,
  compression: 259,
  photometric: 262,
  planes: 284,
  colours: 320,
  extra: 338,
  format: 339,
} as const;
const [LETTER_I, LETTER_M, MAGIC] = [0x49, 0x4d, 42];
const SHORT = 3;
const LONG = 4;
const JPEG = 7;
const [CMYK, YCBCR, CIELAB] = [5, 6, 8];

/**
 * Says what libvips and Pillow read differently in a TIFF file, or what one of them can't read, so that it has to be refused. Each row was
 * found by comparing the two. (BigTIFF has another header and isn't looked into.)
 *
 * @returns words for a message; undefined if both read it to the same bytes, or if it is no TIFF.
 */
export function tiffThatDiffers(bytes: Uint8Array): string | undefined {
  const tag = firstDirectory(bytes);
  const bits = tag(TAG.bits)[0] ?? 1;
  const [photometric, format, planes] = [tag(TAG.photometric)[0], tag(TAG.format)[0] ?? 1, tag(TAG.planes)[0] ?? 1];
  if (photometric === YCBCR && tag(TAG.compression)[0] !== JPEG) return 'it is a TIFF of YCbCr samples without JPEG';
  if (photometric === CIELAB) return 'it is a TIFF of L*a*b* samples';
  if (photometric === CMYK && bits !== 8) return `it is a CMYK TIFF of ${bits} bits a sample`;
  if (format === 2 && bits === 8) return 'it is a TIFF of signed samples of 8 bits';
  if (![1, 2, 4, 8, 16, 32].includes(bits)) return `it is a TIFF of ${bits} bits a sample`;
  if (bits === 16 && planes === 2) return 'it is a TIFF of 16 bits a sample in separate planes';
  if (bits === 16 && tag(TAG.extra)[0] === 1) return 'it is a TIFF of 16 bits a sample with premultiplied alpha';
  const colours = tag(TAG.colours);
  if (colours.length > 0 && colours.every((level) => level < 256))
    return 'it is a TIFF whose palette has 8 bits a level';
  return undefined;
}

/** The values of a tag in the first directory, numbers of 16 or 32 bits; empty if the tag is absent or lies outside the file. */
function firstDirectory(bytes: Uint8Array): (tag: number) => number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === LETTER_I && bytes[1] === LETTER_I;
  const entries = new Map<number, number>();
  const has = (offset: number, length: number) => offset + length <= bytes.length;
  if (has(0, 8) && (little || bytes[0] === LETTER_M) && view.getUint16(2, little) === MAGIC) {
    const start = view.getUint32(4, little);
    const count = has(start, 2) ? view.getUint16(start, little) : 0;
    for (let at = start + 2; at < start + 2 + 12 * count && has(at, 12); at += 12)
      entries.set(view.getUint16(at, little), at);
  }
  return (tag) => {
    const at = entries.get(tag);
    if (at === undefined) return [];
    const type = view.getUint16(at + 2, little);
    const count = view.getUint32(at + 4, little);
    if (type !== SHORT && type !== LONG) return [];
    const size = type === SHORT ? 2 : 4;
    const from = count * size <= 4 ? at + 8 : view.getUint32(at + 8, little);
    if (!has(from, count * size)) return [];
    return Array.from({ length: count }, (_, i) =>
      type === SHORT ? view.getUint16(from + 2 * i, little) : view.getUint32(from + 4 * i, little),
    );
  };
}
