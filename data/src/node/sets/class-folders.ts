import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { SignwaveError } from '@signwave/format';
import { byCodePoint } from '../../sets/match-classes.js';
import { systemReason } from '../file-access.js';
import { isHidden, type LeftOut } from './left-out.js';

/**
 * Extensions of image files. Some of these formats aren't decoded; they are listed so that such a file is reported as one that can't be
 * decoded rather than silently left out.
 */
const EXTENSIONS: readonly string[] = [
  ...['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.tif', '.tiff', '.ppm', '.pgm', '.pnm'],
  ...['.bmp', '.gif', '.avif', '.heic', '.heif', '.jp2', '.jxl'],
];

/** The visible folders and files in a folder; links are followed. */
interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** @throws {SignwaveError} `E_DATA` if the folder can't be read. */
export async function listFolder(folder: string, leftOut: LeftOut, advice = '', inside = ''): Promise<Listing> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw new SignwaveError('E_DATA', `${folder} can't be opened: ${systemReason(cause)}${advice}`, { cause });
  }
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of entries) {
    const kind = await kindOf(folder, entry);
    const path = join(inside, entry.name);
    if (isHidden(entry.name)) (kind === 'folder' ? leftOut.hiddenFolders : leftOut.hiddenFiles).push(path);
    else if (kind === undefined) leftOut.brokenLinks.push(path);
    else (kind === 'folder' ? folders : files).push(entry.name);
  }
  return { folders: folders.sort(byCodePoint), files };
}

async function kindOf(parent: string, entry: Dirent): Promise<'folder' | 'file' | undefined> {
  if (!entry.isSymbolicLink()) return entry.isDirectory() ? 'folder' : 'file';
  return stat(join(parent, entry.name)).then(
    (status) => (status.isDirectory() ? 'folder' : 'file'),
    () => undefined,
  );
}

export function isImageName(name: string): boolean {
  return EXTENSIONS.includes(extname(name).toLowerCase());
}

/**
 * All images in a class folder and the folders below it, sorted by folder, then by name.
 *
 * @returns paths relative to `folder`.
 */
export async function imagesBelow(folder: string, className: string, leftOut: LeftOut): Promise<string[]> {
  const found: { readonly inside: string; readonly name: string }[] = [];
  // Links are followed, as by torchvision, unless one leads back to a folder that it lies in.
  const visit = async (inside: string, above: readonly string[]): Promise<void> => {
    const path = join(folder, inside);
    const real = await realpath(path);
    if (above.includes(real)) return;
    const { folders, files } = await listFolder(path, leftOut, '', inside);
    for (const name of files) {
      if (isImageName(name)) found.push({ inside, name });
      else leftOut.otherFiles.push(join(inside, name));
    }
    for (const name of folders) await visit(join(inside, name), [...above, real]);
  };
  await visit(className, []);
  found.sort((a, b) => byCodePoint(a.inside, b.inside) || byCodePoint(a.name, b.name));
  return found.map(({ inside, name }) => join(inside, name));
}
