import { hexPairs } from './text.js';

const LEGACY_TORCH = 'a PyTorch checkpoint in the legacy format (before PyTorch 1.6)';

/** Kinds of files that people give to signwave, recognised by their first bytes. */
const MAGICS: readonly (readonly [magic: string, at: number, kind: string])[] = [
  ['SGNW', 4, 'a signwave model (.sgnw)'],
  ['PK\x03\x04', 0, 'a zip archive'],
  ['PK\x05\x06', 0, 'an empty zip archive'],
  ['\x89HDF\r\n\x1a\n', 0, 'an HDF5 file (Keras or MATLAB)'],
  ['GGUF', 0, 'a GGUF file'],
  ['TFL3', 4, 'a TensorFlow Lite model'],
  ['\x1f\x8b', 0, 'a gzip archive'],
  ['BZh', 0, 'a bzip2 archive'],
  ['\xfd7zXZ\x00', 0, 'an xz archive'],
  ['\x28\xb5\x2f\xfd', 0, 'a Zstandard archive'],
  ['ustar', 257, 'a tar archive'],
  ['\x93NUMPY', 0, 'a NumPy array (.npy)'],
  ['\x89PNG', 0, 'a PNG image'],
  ['\xff\xd8\xff', 0, 'a JPEG image'],
  ['WEBPVP8', 8, 'a WebP image'],
  ['II*\x00', 0, 'a TIFF image'],
  ['MM\x00*', 0, 'a TIFF image'],
  ['GIF8', 0, 'a GIF image'],
  ['\x00asm', 0, 'a WebAssembly module'],
  ['version https://git-lfs', 0, 'a git-lfs pointer, not the file itself (run "git lfs pull")'],
];

/** How many leading bytes {@link sniffKind} looks at. */
export const SNIFF_BYTES = 512;

/**
 * Say what a file is, in words for an error message: "a zip archive", "an HTML page", "an empty file".
 *
 * @param head the first {@link SNIFF_BYTES} bytes, or the whole file if it is shorter.
 * @param sizeBytes size of the whole file: safetensors headers are recognised by their length field.
 */
export function sniffKind(head: Uint8Array, sizeBytes = head.length): string {
  if (sizeBytes === 0) return 'an empty file';
  const latin1 = Array.from(head.subarray(0, SNIFF_BYTES), (b) => String.fromCharCode(b)).join('');
  for (const [magic, at, kind] of MAGICS) if (latin1.startsWith(magic, at)) return kind;

  // safetensors: u64 length of a JSON header, then "{".
  if (head.length > 8 && latin1[8] === '{') {
    const headerBytes = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
    if (headerBytes <= BigInt(sizeBytes)) return 'a safetensors file';
  }
  // Legacy torch.save: a pickle of the long 0x1950a86a20f9469cfc6c.
  if (head[0] === 0x80 && latin1.includes('\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19')) {
    return LEGACY_TORCH;
  }
  // The same long in pickle's protocols 0 and 1, which write integers as text.
  if (latin1.startsWith('L119547037146038801333356L\n.')) return LEGACY_TORCH;
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) return 'a Python pickle';

  if (latin1.startsWith('BM') && latin1.startsWith('\0\0\0\0', 6)) return 'a BMP image';

  const text = latin1.replace(/^(\xef\xbb\xbf)?\s*/, '').toLowerCase();
  if (text.startsWith('<!doctype html') || text.startsWith('<html')) return 'an HTML page (a failed download?)';
  if (text.startsWith('{') || text.startsWith('[')) return 'a JSON text';
  // ONNX: protobuf field 1 (ir_version, a small varint), then field 2 (producer_name, a string) or 7 (graph).
  if (head[0] === 0x08 && head[1]! < 0x20 && (head[2] === 0x12 || head[2] === 0x3a)) return 'an ONNX model';
  // Caffe: protobuf field 1 (name, a short string), then field 2 or 100 (a layer).
  if (head[0] === 0x0a && [0x12, 0xa2].includes(head[2 + head[1]!]!)) return 'a Caffe model';
  return `an unknown kind of file (it starts with ${hexPairs(head.subarray(0, 4)).join(' ')})`;
}
