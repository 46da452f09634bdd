import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { SignwaveError } from '@signwave/format';
import { systemReason } from './data-file.js';
import { type FileImages, sharedLabels, type TrainingData } from './image-set.js';

const EXTENSIONS: readonly string[] = ['.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp'];
const TEST_FOLDERS: readonly string[] = ['val', 'test'];

/**
 * ImageNet's layout: `folder/train` and `folder/val` (or `test`), each with one folder of images for each class. The
 * class index is the folder's position among the sorted folders (by code point), as in torchvision's `ImageFolder`.
 *
 * @param side of the square that the network sees, in pixels.
 * @throws {SignwaveError} `E_DATA` if a folder is missing or empty, or the two have different classes.
 */
export async function openImageFolder(folder: string, side: number): Promise<TrainingData> {
  const entries = (await listFolder(folder)).map(({ name }) => name);
  const testName = TEST_FOLDERS.find((name) => entries.includes(name));
  if (!entries.includes('train') || testName === undefined) {
    throw new SignwaveError(
      'E_DATA',
      `${folder} has no train and val (or test) in it; data.folder has to hold both, each with one folder of images for each class`,
    );
  }
  const train = await readClassFolders(join(folder, 'train'));
  const test = await readClassFolders(join(folder, testName));
  const missing = train.classNames.find((name) => !test.classNames.includes(name));
  const extra = test.classNames.find((name) => !train.classNames.includes(name));
  if (missing !== undefined || extra !== undefined) {
    throw new SignwaveError(
      'E_DATA',
      `the class ${missing ?? extra} is only in ${join(folder, missing === undefined ? testName : 'train')}; both have to have the same classes`,
    );
  }
  return {
    name: basename(folder),
    classNames: train.classNames,
    train: train.images,
    test: test.images,
    height: side,
    width: side,
    channels: 3,
  };
}

async function readClassFolders(folder: string): Promise<{ classNames: string[]; images: FileImages }> {
  const classNames = (await listFolder(folder))
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .sort(byCodePoint);
  if (classNames.length === 0) {
    throw new SignwaveError('E_DATA', `${folder} has no folders in it; expected one folder of images for each class`);
  }
  const paths: string[] = [];
  const labels: number[] = [];
  for (const [label, className] of classNames.entries()) {
    const images = await imagesBelow(join(folder, className));
    if (images.length === 0) {
      throw new SignwaveError(
        'E_DATA',
        `the class folder ${join(folder, className)} has no image (${EXTENSIONS.join(' ')}); remove it or put images into it`,
      );
    }
    for (const path of images) {
      paths.push(path);
      labels.push(label);
    }
  }
  return { classNames, images: { kind: 'files', count: paths.length, paths, labels: sharedLabels(labels) } };
}

async function listFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw new SignwaveError('E_DATA', `${folder} can't be opened: ${systemReason(cause)}`, { cause });
  }
}

/** Paths of all images in a folder and below it, sorted by folder, then by name. */
async function imagesBelow(folder: string): Promise<string[]> {
  const paths = await readdir(folder, { recursive: true });
  return paths
    .filter((path) => EXTENSIONS.includes(extname(path).toLowerCase()))
    .sort((a, b) => byCodePoint(dirname(a), dirname(b)) || byCodePoint(basename(a), basename(b)))
    .map((path) => join(folder, path));
}

/** Python's order of strings. UTF-8 keeps it; JavaScript's own order is by UTF-16 unit. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
