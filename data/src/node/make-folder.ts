import { mkdir } from 'node:fs/promises';

/** Makes a folder, and those above it, unless they are there. @throws {Error} with a reason for `systemReason`. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // On a full disk Node says so of a folder that is to be made with those above it; of the folder alone it tells the reason.
    await mkdir(path);
  }
}
