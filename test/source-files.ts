import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's folder, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

export function readText(path: string): string {
  return readFileSync(ROOT + path, 'utf8');
}

/** Lists all files of the repository that git doesn't ignore, as sorted paths from its root. It works without git. */
export function repositoryFiles(): string[] {
  return filesBelow('', ignoredNames()).sort();
}

function filesBelow(folder: string, isIgnored: (name: string) => boolean): string[] {
  return readdirSync(ROOT + folder, { withFileTypes: true })
    .filter((entry) => entry.name !== '.git' && !isIgnored(entry.name))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(`${folder}${entry.name}/`, isIgnored) : [folder + entry.name],
    );
}

/** Reads .gitignore, of which it understands the two kinds of line that ours has: `folder/` and `*.ending`. */
function ignoredNames(): (name: string) => boolean {
  const lines = readText('.gitignore').split('\n').filter(Boolean);
  const folders = lines.filter((line) => line.endsWith('/')).map((line) => line.slice(0, -1));
  const endings = lines.filter((line) => line.startsWith('*.')).map((line) => line.slice(1));
  if (folders.length + endings.length < lines.length) throw new Error('.gitignore has a line of another kind');
  return (name) => folders.includes(name) || endings.some((ending) => name.endsWith(ending));
}
