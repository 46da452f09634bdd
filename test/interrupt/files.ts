import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Contents of all files below a folder, by their paths in it; of a folder without files, nothing. */
export type Files = ReadonlyMap<string, Buffer | undefined>;

export function filesIn(folder: string): Files {
  const files = new Map<string, Buffer | undefined>();
  const visit = (path: string): void => {
    const names = readdirSync(join(folder, path)).sort();
    if (names.length === 0 && path !== '') files.set(`${path}/`, undefined);
    for (const name of names) {
      const below = path === '' ? name : `${path}/${name}`;
      if (lstatSync(join(folder, below)).isDirectory()) visit(below);
      else files.set(below, readFileSync(join(folder, below)));
    }
  };
  visit('');
  return files;
}

/** Removes all that is in a folder, but not the folder, which may be a mounted disk. */
export function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

/** The files of one output, which is a file or a folder. */
export function filesOf(files: Files, output: string): Files {
  return new Map([...files].filter(([path]) => path === output || path.startsWith(`${output}/`)));
}

/** Files beside all outputs, but not folders for them: what a process hasn't cleared away. */
export function litterIn(files: Files, outputs: readonly string[]): string[] {
  return [...files.keys()].filter(
    (path) =>
      !outputs.some((it) => path === it || path.startsWith(`${it}/`) || (path.endsWith('/') && it.startsWith(path))),
  );
}

export function areEqual(a: Files, b: Files, comparable: Comparable = (_, bytes) => bytes): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([path, bytes]) => {
    if (!b.has(path)) return false;
    const other = b.get(path);
    if (!bytes || !other) return bytes === other;
    return bytes.equals(other) || comparable(path, bytes).equals(comparable(path, other));
  });
}

/** What of a file is the same in each run: all of it, or all but times. */
export type Comparable = (path: string, bytes: Buffer) => Buffer;
