import { SignwaveError } from './errors.js';

/**
 * Gives random access to bytes that may exceed memory: a file handle, a `Blob`, an HTTP range, an array. Readers of files and checkpoints
 * take one of these and read only the ranges that they need.
 */
export interface ByteSource {
  /** What messages call the source, usually the file name. */
  readonly name: string;
  readonly sizeBytes: number;
  /**
   * @returns exactly `lengthBytes` bytes from `offsetBytes` on; the array may share memory with the source, so don't write to it.
   * @throws {SignwaveError} `E_IO` if the range leaves the source or can't be read.
   */
  read(offsetBytes: number, lengthBytes: number): Promise<Uint8Array>;
}

/** A {@link ByteSource} over bytes that are in memory already; reads are views, not copies. */
export function bytesSource(bytes: Uint8Array, name = 'bytes'): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    read: async (offsetBytes, lengthBytes) => {
      checkRange(name, bytes.length, offsetBytes, lengthBytes);
      return bytes.subarray(offsetBytes, offsetBytes + lengthBytes);
    },
  };
}

/** A {@link ByteSource} over a `Blob` or `File`, such as a browser's dropped file. */
export function blobSource(blob: Blob, name = 'blob'): ByteSource {
  return {
    name,
    sizeBytes: blob.size,
    read: async (offsetBytes, lengthBytes) => {
      checkRange(name, blob.size, offsetBytes, lengthBytes);
      return new Uint8Array(await blob.slice(offsetBytes, offsetBytes + lengthBytes).arrayBuffer());
    },
  };
}

/** @throws {SignwaveError} `E_IO` unless `lengthBytes` bytes from `offsetBytes` on lie inside a source of `sizeBytes`. */
export function checkRange(name: string, sizeBytes: number, offsetBytes: number, lengthBytes: number): void {
  if (offsetBytes < 0 || lengthBytes < 0 || offsetBytes + lengthBytes > sizeBytes) {
    throw new SignwaveError(
      'E_IO',
      `${name}: bytes ${offsetBytes}..${offsetBytes + lengthBytes} were asked for, but it ends at ${sizeBytes}`,
    );
  }
}
