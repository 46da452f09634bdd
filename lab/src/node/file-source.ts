import { type FileHandle, open } from 'node:fs/promises';
import { systemReason } from '@signwave/data/node';
import { type ByteSource, checkRange, SignwaveError } from '@signwave/format';

/** A {@link ByteSource} over an open file. */
export interface FileSource extends ByteSource {
  /** Closes the file; later reads fail. */
  close(): Promise<void>;
}

/**
 * Opens a file for reads at any offset, without loading all of it. Each read returns bytes of its own.
 *
 * @throws {SignwaveError} `E_IO` if the file is missing, can't be opened or is a folder.
 */
export async function openFileSource(path: string): Promise<FileSource> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const status = await file.stat();
    if (status.isDirectory()) throw new Error('it is a folder, a file is expected');
    return fileSource(path, file, status.size);
  } catch (cause) {
    await file?.close();
    throw new SignwaveError('E_IO', `${path} can't be opened: ${systemReason(cause)}`, { cause });
  }
}

function fileSource(name: string, file: FileHandle, sizeBytes: number): FileSource {
  return {
    name,
    sizeBytes,
    close: () => file.close(),
    read: async (offsetBytes, lengthBytes) => {
      checkRange(name, sizeBytes, offsetBytes, lengthBytes);
      const bytes = new Uint8Array(lengthBytes);
      let filled = 0;
      while (filled < lengthBytes) {
        const got = await readSome(name, file, bytes, filled, offsetBytes + filled);
        if (got === 0) throw new SignwaveError('E_IO', `${name} became shorter while it was read`);
        filled += got;
      }
      return bytes;
    },
  };
}

/** @returns how many bytes were read into `bytes` from index `filled`; 0 at the end of the file. */
async function readSome(name: string, file: FileHandle, bytes: Uint8Array, filled: number, position: number) {
  try {
    return (await file.read(bytes, filled, bytes.length - filled, position)).bytesRead;
  } catch (cause) {
    throw new SignwaveError('E_IO', `${name} can't be read: ${systemReason(cause)}`, { cause });
  }
}
