import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { type BiperConfig, parseBiperConfig } from '@signwave/convert';
import type { ByteSource, Model } from '@signwave/format';
import { readModel } from '@signwave/format';
import { fileExists, readFileBytes } from './data/file-access.js';

/** A model file's bytes and what is in them, checked in full. */
export async function readModelFile(path: string): Promise<{ bytes: Uint8Array; model: Model }> {
  const bytes = await readFileBytes(path, 'E_IO');
  return { bytes, model: readModel(bytes, path) };
}

const HASH_CHUNK_BYTES = 1 << 24;

/** SHA-256 of a whole file, read in parts; 64 hexadecimal digits. */
export async function sha256(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < source.sizeBytes; offset += HASH_CHUNK_BYTES) {
    hash.update(await source.read(offset, Math.min(HASH_CHUNK_BYTES, source.sizeBytes - offset)));
  }
  return hash.digest('hex');
}

/**
 * The `config.txt` that BiPer's training writes beside a checkpoint.
 *
 * @param path given by the user; default: `config.txt` in the checkpoint's folder, if there is one.
 */
export async function readBiperConfig(
  checkpointPath: string,
  path: string | undefined,
): Promise<(BiperConfig & { path: string }) | undefined> {
  const configPath = path ?? join(dirname(checkpointPath), 'config.txt');
  if (path === undefined && !(await fileExists(configPath))) return undefined;
  const text = new TextDecoder().decode(await readFileBytes(configPath, 'E_IO'));
  return { ...parseBiperConfig(text, configPath), path: configPath };
}
