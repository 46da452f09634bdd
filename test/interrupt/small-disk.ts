import { spawnSync } from 'node:child_process';
import { mkdirSync, statfsSync } from 'node:fs';

/** A disk in memory whose size can be changed, as far as it isn't full. Only the system's administrator can have one, on Linux. */
export class SmallDisk {
  readonly #path: string;

  /** @returns why there can be none, in words. */
  static open(path: string): SmallDisk | string {
    if (process.platform !== 'linux') return 'it needs the tmpfs of Linux';
    mkdirSync(path);
    const { status, error, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options(LARGE), 'signwave', path]);
    return status === 0 ? new SmallDisk(path) : (error?.message ?? String(stderr).trim());
  }

  private constructor(path: string) {
    this.#path = path;
  }

  /** @param bytes that files can be longer by, of which only whole pages count. @param files that can be made. */
  leave(bytes: number, files: number): void {
    const { blocks, bfree, bsize, files: nodes, ffree } = statfsSync(this.#path);
    this.#resize({ bytes: (blocks - bfree) * bsize + bytes - (bytes % bsize), files: nodes - ffree + files });
  }

  leaveMuch(): void {
    this.#resize(LARGE);
  }

  close(): void {
    spawnSync('umount', ['--lazy', this.#path]);
  }

  #resize(size: Size): void {
    const { status, stderr } = spawnSync('mount', ['-o', `remount,${options(size)}`, this.#path]);
    if (status !== 0) throw new Error(`${this.#path} can't be resized: ${stderr}`);
  }
}

interface Size {
  readonly bytes: number;
  readonly files: number;
}

const LARGE: Size = { bytes: 2 ** 26, files: 10_000 };

/** A size of 0 would be no limit. */
const options = ({ bytes, files }: Size): string => `size=${Math.max(bytes, 4096)},nr_inodes=${files}`;
