import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileExists, makeFolder, systemReason, writeFileAtomic } from '@signwave/data/node';
import { crc32, SignwaveError } from '@signwave/format';
import { type CacheIdentity, readIdentity, verifySameIdentity, writeIdentity } from './cache-identity.js';

// ╒═══ identity, JSON filled up with spaces ═══╤═════ view 0 ═════╤═════ view 1 ═════╤ ...
//   4096 bytes                                  logits     CRC-32  logits     CRC-32
//                                               classes f32  u32   (all little-endian)
//
// A view that nobody has written is a hole: zeros, whose CRC-32 isn't 0. So is one beyond the end of the file.
const HEADER_BYTES = 4096;
const CHECK_BYTES = 4;

/**
 * A teacher's logits by view, in a file that runs share, also at the same time. Each view has a checksum of its own, so that one of which
 * only a part was written, because a process was killed, counts as not there. Views that no run has seen take no space on file systems with
 * sparse files.
 */
export class LogitsCache {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #classes: number;

  private constructor(path: string, file: FileHandle, classes: number) {
    this.#path = path;
    this.#file = file;
    this.#classes = classes;
  }

  /**
   * Opens a cache, or begins one if there is no file.
   *
   * @throws {SignwaveError} `E_CONFIG` if the file is something else or has the logits of another teacher or of other images; `E_IO` if it
   *   can't be read or written.
   */
  static async open(path: string, identity: CacheIdentity): Promise<LogitsCache> {
    let file: FileHandle;
    try {
      await makeFolder(dirname(path));
      if (!(await fileExists(path))) await writeFileAtomic(path, writeIdentity(identity, HEADER_BYTES));
      file = await open(path, 'r+');
    } catch (cause) {
      throw cause instanceof SignwaveError ? cause : failure(path, 'opened', cause);
    }
    try {
      const header = new Uint8Array(HEADER_BYTES);
      const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0).catch((cause: unknown) => {
        throw failure(path, 'read', cause);
      });
      verifySameIdentity(path, readIdentity(path, header.subarray(0, bytesRead)), identity);
      return new LogitsCache(path, file, identity.classes);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** @returns for each view its logits (classes), or undefined if the file doesn't have them. */
  async read(views: Int32Array): Promise<(Float32Array | undefined)[]> {
    return Promise.all(Array.from(views, (view) => this.#readView(view)));
  }

  /** @param logits (views, classes). */
  async write(views: readonly number[], logits: Float32Array): Promise<void> {
    const classes = this.#classes;
    const writes = views.map(async (view, i) => {
      const record = new Uint8Array(this.#recordBytes);
      const data = new DataView(record.buffer);
      for (let c = 0; c < classes; c++) data.setFloat32(4 * c, logits[i * classes + c]!, true);
      data.setUint32(4 * classes, crc32(record.subarray(0, 4 * classes)), true);
      await this.#file.write(record, 0, record.length, this.#offsetOf(view));
    });
    await Promise.all(writes).catch((cause: unknown) => {
      throw failure(this.#path, 'written', cause);
    });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  get #recordBytes(): number {
    return 4 * this.#classes + CHECK_BYTES;
  }

  #offsetOf(view: number): number {
    return HEADER_BYTES + view * this.#recordBytes;
  }

  async #readView(view: number): Promise<Float32Array | undefined> {
    const record = new Uint8Array(this.#recordBytes);
    const { bytesRead } = await this.#file.read(record, 0, record.length, this.#offsetOf(view)).catch((cause) => {
      throw failure(this.#path, 'read', cause);
    });
    const data = new DataView(record.buffer);
    const check = 4 * this.#classes;
    if (bytesRead < record.length || data.getUint32(check, true) !== crc32(record.subarray(0, check))) return undefined;
    return Float32Array.from({ length: this.#classes }, (_, c) => data.getFloat32(4 * c, true));
  }
}

function failure(path: string, what: string, cause: unknown): SignwaveError {
  const text = `the cache of the teacher's logits ${path} can't be ${what}: ${systemReason(cause)}; name another file as "distillation.cache", or leave it out`;
  return new SignwaveError('E_IO', text, { cause });
}
