import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { isAlive, systemReason, withTemporary } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';

/** The file in an output folder that says who trains there. */
const LOCK = '.lock';

/** Another process trains in the folder, or did so on another machine. */
export class LockedFolderError extends SignwaveError {}

/**
 * Makes this process the only one that trains in a folder. A process that has ended keeps no lock, however it ended.
 *
 * @returns a function that gives the folder free.
 * @throws {LockedFolderError} `E_USAGE` if another process trains there. @throws {SignwaveError} `E_IO`.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK);
  const mine = JSON.stringify({ host: hostname(), pid: process.pid, started: startOf(process.pid) });
  for (;;) {
    if (await create(path, mine)) {
      return async () => {
        if ((await contentOf(path)) === mine) await rm(path, { force: true });
      };
    }
    const theirs = await contentOf(path);
    if (theirs === undefined) continue;
    if (isHeld(theirs)) {
      throw new LockedFolderError(
        'E_USAGE',
        `another training runs in ${folder} (${theirs}); name another "output", or end it first. If there is none, delete ${path}`,
      );
    }
    await removeStale(path, theirs);
  }
}

/** Removes the lock of a process that was ended when all was done but that. */
export async function removeStaleLock(folder: string): Promise<void> {
  const path = join(folder, LOCK);
  const theirs = await contentOf(path);
  if (theirs !== undefined && !isHeld(theirs)) await removeStale(path, theirs);
}

/** Makes the file with its content, at once. @returns whether it wasn't there. */
async function create(path: string, content: string): Promise<boolean> {
  try {
    await withTemporary(dirname(path), async (temporary) => {
      await writeFile(temporary, content);
      // File systems without links give up that both happen at once.
      await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') throw error;
        return writeFile(path, content, { flag: 'wx' });
      });
    });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new SignwaveError('E_IO', `${path} can't be written: ${systemReason(cause)}`, { cause });
  }
}

function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

/** Of a lock that another process found stale, too, and has replaced meanwhile, nothing is removed. */
async function removeStale(path: string, stale: string): Promise<void> {
  // Under a name that the next run sweeps if this process is killed meanwhile.
  await withTemporary(dirname(path), async (aside) => {
    await rename(path, aside).catch(() => {});
    const taken = await contentOf(aside);
    if (taken !== undefined && taken !== stale) await link(aside, path).catch(() => {});
  });
}

/** Whether the process that wrote a lock is there. One on another machine is taken to be. */
function isHeld(content: string): boolean {
  try {
    const { host, pid, started } = JSON.parse(content) as { host: string; pid: number; started: string | undefined };
    if (host !== hostname()) return true;
    return isAlive(pid) && startOf(pid) === started;
  } catch {
    return false;
  }
}

/** When a process was started, so that another one with the same number isn't taken for it; undefined where the system doesn't say. */
function startOf(pid: number): string | undefined {
  try {
    // The 22nd field; the second, the program's name in brackets, may have blanks.
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}
