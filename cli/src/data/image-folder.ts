import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { readImage, systemReason } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import type { Dataset } from './datasets.js';

/** torchvision's list. BMP isn't read here: it is listed so that such a file is an error, not silently left out. */
const EXTENSIONS: readonly string[] = ['.jpg', '.jpeg', '.png', '.ppm', '.bmp', '.pgm', '.tif', '.tiff', '.webp'];
const ADVICE = 'expected a folder with one folder of images for each class (or write cifar10:DIR, fashion-mnist:DIR)';

/**
 * A folder of class folders, in the order of torchvision's `ImageFolder`: the class index is the folder's position among
 * the sorted folders (by code point), images are sorted by folder, then by name. Images are read when asked for.
 *
 * @throws {SignwaveError} `E_DATA` if the folder is missing, has no class folders, or one of them has no image.
 */
export async function openImageFolder(folder: string): Promise<Dataset> {
  const classNames = await classFolders(folder);
  const items: { readonly path: string; readonly label: number }[] = [];
  for (const [label, className] of classNames.entries()) {
    const images = await imagesBelow(folder, className);
    if (images.length === 0) {
      throw new SignwaveError(
        'E_DATA',
        `the class folder ${join(folder, className)} has no image (${EXTENSIONS.join(' ')}); remove it or put images into it`,
      );
    }
    for (const path of images) items.push({ path, label });
  }
  return {
    name: basename(folder),
    count: items.length,
    classNames,
    read: async (index) => {
      const { path, label } = items[index]!;
      return { image: await readImage(join(folder, path)), label, name: path };
    },
  };
}

async function classFolders(folder: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw new SignwaveError('E_DATA', `${folder} can't be opened: ${systemReason(cause)}; ${ADVICE}`, { cause });
  }
  const names: string[] = [];
  for (const entry of entries) if (await isFolder(folder, entry)) names.push(entry.name);
  if (names.length > 0) return names.sort(byCodePoint);

  const cifar = entries.some((entry) => entry.name === 'test_batch.bin')
    ? `; it looks like CIFAR-10: write cifar10:${folder}`
    : '';
  throw new SignwaveError('E_DATA', `${folder} has no folders in it, ${entries.length} files; ${ADVICE}${cifar}`);
}

/** Links to folders count, as they do for Python's `os.DirEntry.is_dir`. */
async function isFolder(parent: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(join(parent, entry.name)).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

/** @returns paths relative to `folder`, of all images in the class folder and the folders below it. */
async function imagesBelow(folder: string, className: string): Promise<string[]> {
  const paths = await readdir(join(folder, className), { recursive: true });
  return paths
    .filter((path) => EXTENSIONS.includes(extname(path).toLowerCase()))
    .map((path) => join(className, path))
    .sort((a, b) => byCodePoint(dirname(a), dirname(b)) || byCodePoint(basename(a), basename(b)));
}

/** Python's order of strings. UTF-8 keeps it; JavaScript's own order is by UTF-16 unit. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
