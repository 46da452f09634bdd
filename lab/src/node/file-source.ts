import { type FileHandle, readdir } from 'node:fs/promises';
import { checkpointFolderError } from '@signwave/convert';
import { openPlainFile, systemReason } from '@signwave/data/node';
import { type ByteSource, checkRange, SignwaveError } from '@signwave/format';

/** A {@link ByteSource} over an open file. */
export interface FileSource extends ByteSource {
  /** Closes the file; later reads fail. */
  close(): Promise<void>;
}

/**
 * Opens a file for reads at any offset, without loading all of it. Each read returns bytes of its own.
 *
 * @throws {SignwaveError} `E_IO` if the file is missing, can't be opened or is no plain file; `E_CHECKPOINT_KIND` for a folder that a checkpoint
 *   is in, with what to do.
 */
export async function openFileSource(path: string): Promise<FileSource> {
  try {
    const { file, sizeBytes } = await openPlainFile(path);
    return fileSource(path, file, sizeBytes);
  } catch (cause) {
    // Of what is no folder there are no names.
    const names = await readdir(path).catch(() => []);
    const folder = checkpointFolderError(path, names);
    if (folder) throw folder;
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
