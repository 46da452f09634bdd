import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';

// Output is written under a temporary name in its folder and then renamed. A process that is ended on the way removes what it has begun; what
// one leaves that was killed is removed by the next that writes to the folder. The name says whose it is: the machine's mark and the process.

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const NAME = /^\.signwave-([0-9a-f]{8})-(\d+)-[0-9a-f]{12}\.tmp$/;
/** Signals that end a process, with the numbers that a shell adds to 128. */
const ENDS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Temporary files and folders that this process is writing. */
const writing = new Set<string>();
const swept = new Set<string>();

/**
 * Calls `write` with a temporary path in a folder, which is gone afterwards: renamed by `write`, or removed if that fails or the process is
 * ended.
 */
export async function withTemporary<T>(folder: string, write: (path: string) => Promise<T>): Promise<T> {
  await sweep(folder);
  const path = join(folder, `.signwave-${HOST}-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
  if (writing.size === 0) listen(true);
  writing.add(path);
  try {
    return await write(path);
  } finally {
    await rm(path, { recursive: true, force: true }).catch(() => {});
    writing.delete(path);
    if (writing.size === 0) listen(false);
  }
}

/** Removes what processes of this machine have left in a folder that are no more; once for each folder. */
async function sweep(folder: string): Promise<void> {
  const path = resolve(folder);
  if (swept.has(path)) return;
  swept.add(path);
  for (const name of await readdir(path).catch(() => [])) {
    const [, host, pid] = NAME.exec(name) ?? [];
    if (host !== HOST || isAlive(Number(pid))) continue;
    await rm(join(path, name), { recursive: true, force: true }).catch(() => {});
  }
}

/** Whether there is a process with this number, of whomever. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// Only while something is written: a listener would keep a signal from ending a long computation at once.
function listen(isOn: boolean): void {
  for (const signal of Object.keys(ENDS) as (keyof typeof ENDS)[]) {
    // Before others, of which one may take itself away when it is called: training's listener does.
    if (isOn) process.prependListener(signal, endBy);
    else process.off(signal, endBy);
  }
}

function endBy(signal: NodeJS.Signals): void {
  // Training has a listener of its own, and goes on until its step is done.
  if (process.listenerCount(signal) > 1) return;
  for (const path of writing) {
    try {
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // A file that is just being made in a folder; what is left is swept by the next run.
    }
  }
  process.exit(128 + ENDS[signal as keyof typeof ENDS]);
}
