import { createHash } from 'node:crypto';
import type { ByteSource } from '@signwave/format';

const CHUNK_BYTES = 1 << 24;

/** Computes the SHA-256 of files joined one after the other, without loading them whole. @returns 64 hexadecimal digits. */
export async function sha256(sources: readonly ByteSource[]): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (let offset = 0; offset < source.sizeBytes; offset += CHUNK_BYTES) {
      hash.update(await source.read(offset, Math.min(CHUNK_BYTES, source.sizeBytes - offset)));
    }
  }
  return hash.digest('hex');
}
