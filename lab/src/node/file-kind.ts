import { SNIFF_BYTES, sniffKind } from '@signwave/format';
import { openFileSource } from './file-source.js';

/** Whether a file begins as one of this kind does, in the words of `sniffKind`. @throws {SignwaveError} `E_IO` */
export async function isFileOf(kind: string, path: string): Promise<boolean> {
  const source = await openFileSource(path);
  try {
    return sniffKind(await source.read(0, Math.min(SNIFF_BYTES, source.sizeBytes)), source.sizeBytes).includes(kind);
  } finally {
    await source.close();
  }
}
