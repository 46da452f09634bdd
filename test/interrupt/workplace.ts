import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyFolder, type Files, filesIn } from './files.js';
import type { Place } from './program.js';
import { SmallDisk } from './small-disk.js';

/** Folders for commands to be interrupted in. */
export class Workplace {
  readonly #folder = mkdtempSync(join(tmpdir(), 'signwave-interrupt-'));
  readonly #disk: SmallDisk | string;

  constructor() {
    for (const name of ['out', 'home', 'temporary', 'starts']) mkdirSync(join(this.#folder, name));
    this.#disk = SmallDisk.open(join(this.#folder, 'disk'));
  }

  get inputs(): string {
    return join(this.#folder, 'inputs');
  }

  /** The disk whose size can be changed, or why there is none. */
  get disk(): SmallDisk | string {
    return this.#disk;
  }

  /** Where a command runs. */
  place(isOnDisk: boolean): Place {
    const [home, temporary] = [join(this.#folder, 'home'), join(this.#folder, 'temporary')];
    return { cwd: join(this.#folder, isOnDisk ? 'disk' : 'out'), home, temporary };
  }

  /** Keeps what is in a command's folder, to begin there again. */
  keep(place: Place, name: string): void {
    cpSync(place.cwd, join(this.#folder, 'starts', name), { recursive: true });
  }

  /** Puts into a command's folder what was kept. @param stdout a file that is to be there, empty. */
  restore(place: Place, name: string, stdout: string | undefined): Files {
    for (const folder of [place.cwd, place.home, place.temporary]) emptyFolder(folder);
    cpSync(join(this.#folder, 'starts', name), place.cwd, { recursive: true });
    if (stdout !== undefined) writeFileSync(join(place.cwd, stdout), '');
    return filesIn(place.cwd);
  }

  remove(): void {
    if (typeof this.#disk !== 'string') this.#disk.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What a process has left outside its folder. */
export function filesElsewhere({ home, temporary }: Place): string[] {
  return [home, temporary].flatMap((folder) => [...filesIn(folder).keys()].map((path) => join(folder, path)));
}
