/** Kinds of file that people hand to signwave, by their first bytes. */
const MAGICS: readonly { readonly kind: string; readonly magic: string; readonly at?: number }[] = [
  { kind: 'a signwave model (.sgnw)', magic: 'SGNW', at: 4 },
  { kind: 'a zip archive', magic: 'PK\x03\x04' },
  { kind: 'an empty zip archive', magic: 'PK\x05\x06' },
  { kind: 'an HDF5 file (Keras or MATLAB)', magic: '\x89HDF\r\n\x1a\n' },
  { kind: 'a GGUF file', magic: 'GGUF' },
  { kind: 'a TensorFlow Lite model', magic: 'TFL3', at: 4 },
  { kind: 'a gzip archive', magic: '\x1f\x8b' },
  { kind: 'a bzip2 archive', magic: 'BZh' },
  { kind: 'an xz archive', magic: '\xfd7zXZ\x00' },
  { kind: 'a Zstandard archive', magic: '\x28\xb5\x2f\xfd' },
  { kind: 'a tar archive', magic: 'ustar', at: 257 },
  { kind: 'a NumPy array (.npy)', magic: '\x93NUMPY' },
  { kind: 'a PNG image', magic: '\x89PNG' },
  { kind: 'a JPEG image', magic: '\xff\xd8\xff' },
  { kind: 'a WebAssembly module', magic: '\x00asm' },
  { kind: 'an ELF program', magic: '\x7fELF' },
  { kind: 'a PDF document', magic: '%PDF' },
  { kind: 'a git-lfs pointer, not the file itself (run "git lfs pull")', magic: 'version https://git-lfs' },
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
  for (const { kind, magic, at = 0 } of MAGICS) if (latin1.startsWith(magic, at)) return kind;

  // safetensors: u64 length of a JSON header, then "{".
  if (head.length > 8 && latin1[8] === '{') {
    const headerBytes = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
    if (headerBytes <= BigInt(sizeBytes)) return 'a safetensors file';
  }
  // Legacy torch.save: a pickle of the long 0x1950a86a20f9469cfc6c.
  if (head[0] === 0x80 && latin1.includes('\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19')) {
    return 'a PyTorch checkpoint in the legacy format (before PyTorch 1.6)';
  }
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) return 'a Python pickle';

  const text = latin1.replace(/^(\xef\xbb\xbf)?\s*/, '').toLowerCase();
  if (text.startsWith('<!doctype html') || text.startsWith('<html')) return 'an HTML page (a failed download?)';
  if (text.startsWith('{') || text.startsWith('[')) return 'a JSON text';
  // ONNX: protobuf field 1 (ir_version, a small varint), then field 2 (producer_name, a string) or 7 (graph).
  if (head[0] === 0x08 && head[1]! < 0x20 && (head[2] === 0x12 || head[2] === 0x3a)) return 'an ONNX model';
  const hex = Array.from(head.subarray(0, 4), (b) => b.toString(16).padStart(2, '0')).join(' ');
  return `an unknown kind of file (it starts with ${hex})`;
}
