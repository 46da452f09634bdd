import { basename, join, resolve } from 'node:path';
import { SignwaveError } from '@signwave/format';
import { DATA_ARGUMENT } from '../../sets/formats.js';
import { type Dataset, type Remark, sharedLabels } from '../../sets/image-set.js';
import { areNumbersOutOfOrder, listNames, type ModelClasses, matchClasses } from '../../sets/match-classes.js';
import { imagesBelow, isImageName, listFolder } from './class-folders.js';
import { LeftOut } from './left-out.js';
import type { Part } from './part.js';

/** In order of preference; capitals don't matter. */
const PART_NAMES: Readonly<Record<Part, readonly string[]>> = {
  train: ['train', 'training'],
  test: ['val', 'valid', 'validation', 'test', 'testing'],
};
const ADVICE = `; expected ${DATA_ARGUMENT}`;

/**
 * A folder of class folders, or a folder above it that has one part for training and one for testing. With a model, its labels decide which
 * class a class folder is; without, its position among the sorted folders (by code point), as in torchvision's `ImageFolder`. Images are
 * sorted by class folder, then by name.
 *
 * @param part  the folder has to have both parts for training; for testing it may also be the class folders themselves.
 * @param model that the images are for.
 * @throws {SignwaveError} `E_DATA` if a folder is missing, has no class folders or no image, or its classes can't be told.
 */
export async function openImageFolder(folder: string, part: Part, model: ModelClasses | undefined): Promise<Dataset> {
  const leftOut = new LeftOut();
  const { root, remarks: ofParts } = await choosePart(folder, part, leftOut);
  const where = root === folder ? folder : join(folder, basename(root));
  const { folders, images } = await listClasses(folder, root, where, leftOut);
  const remarks: Remark[] = [...ofParts, ...leftOut.remarks(where)];
  const empty = folders.filter((_, i) => images[i]!.length === 0);
  if (empty.length > 0) {
    const what = empty.length === 1 ? 'class folder has no image' : 'class folders have no image';
    remarks.push({ isWarning: true, text: `${where}: ${empty.length} ${what}: ${listNames(empty)}` });
  }

  const match = model
    ? matchClasses(where, folders, model)
    : { indices: folders.map((_, i) => i), remarks: ownOrder(where, folders) };
  remarks.push(...match.remarks);
  const unknown = folders.filter((_, i) => match.indices[i] === undefined && images[i]!.length > 0);
  if (unknown.length > 0) {
    const count = images.reduce((sum, list, i) => sum + (match.indices[i] === undefined ? list.length : 0), 0);
    const text = `${where}: left out folders that are none of the model's classes (images: ${count}): ${listNames(unknown)}`;
    remarks.push({ isWarning: true, text });
  }
  const known = folders.flatMap((_, i) =>
    match.indices[i] === undefined ? [] : images[i]!.map((path) => ({ path, label: match.indices[i]! })),
  );
  if (known.length === 0) {
    throw new SignwaveError(
      'E_DATA',
      `${where}: the folders of the model's classes have no image; put images into them`,
    );
  }
  return {
    name: nameOf(folder, root),
    classNames: classNames(folders, match.indices, model),
    images: {
      kind: 'files',
      count: known.length,
      folder: root,
      paths: known.map(({ path }) => join(root, path)),
      labels: sharedLabels(known.map(({ label }) => label)),
    },
    remarks,
  };
}

/** The class folders, sorted, and the images of each as paths relative to `root`. */
async function listClasses(
  folder: string,
  root: string,
  where: string,
  leftOut: LeftOut,
): Promise<{ readonly folders: readonly string[]; readonly images: readonly (readonly string[])[] }> {
  const { folders, files } = await listFolder(root, leftOut, ADVICE);
  for (const name of files) (isImageName(name) ? leftOut.images : leftOut.otherFiles).push(name);
  if (folders.length === 0) {
    const hint = guess(folder, files);
    throw new SignwaveError('E_DATA', `${where} has no folders in it, ${files.length} files${ADVICE}${hint}`);
  }
  const images: string[][] = [];
  for (const name of folders) images.push(await imagesBelow(root, name, leftOut));
  if (images.some((list) => list.length > 0)) return { folders, images };
  throw new SignwaveError(
    'E_DATA',
    `${where}: none of its class folders (${listNames(folders)}) has an image; put images into them`,
  );
}

/** The folder that has the class folders: one of the parts, or the folder itself. */
async function choosePart(
  folder: string,
  part: Part,
  leftOut: LeftOut,
): Promise<{ readonly root: string; readonly remarks: readonly Remark[] }> {
  // Hidden entries are reported once, when the class folders are opened.
  const { folders } = await listFolder(folder, new LeftOut(), ADVICE);
  const [train, test] = [findPart(folders, 'train'), findPart(folders, 'test')];
  if (part === 'train') {
    if (train !== undefined && test !== undefined) return { root: join(folder, train), remarks: [] };
    throw new SignwaveError(
      'E_DATA',
      `${folder} has no train and val (or ${PART_NAMES.test.slice(1).join(', ')}) in it; for training it has to hold both, each with one folder of images for each class`,
    );
  }
  const areParts = folders.every((name) => [...PART_NAMES.train, ...PART_NAMES.test].includes(name.toLowerCase()));
  if (test === undefined || (train === undefined && !areParts)) return { root: folder, remarks: [] };
  const root = join(folder, test);
  const { folders: classes } = await listFolder(root, new LeftOut());
  if (classes.length === 0 && train === undefined) return { root: folder, remarks: [] };
  await listFolder(folder, leftOut, '', '..');
  const unused = folders.filter((name) => name !== test && name !== train);
  const text = `${folder}: the test images are those of ${test}/${unused.length > 0 ? ` (${listNames(unused)} unused)` : ''}`;
  return { root, remarks: [{ isWarning: false, text }] };
}

function findPart(folders: readonly string[], part: Part): string | undefined {
  for (const name of PART_NAMES[part]) {
    const found = folders.find((folder) => folder.toLowerCase() === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** "photos", or "photos/val" if it is a part. */
function nameOf(folder: string, root: string): string {
  const name = basename(resolve(folder));
  return root === folder ? name : `${name}/${basename(root)}`;
}

function ownOrder(where: string, folders: readonly string[]): Remark[] {
  if (!areNumbersOutOfOrder(folders)) return [];
  const text = `${where}: class folders are in the order of their characters, as in torchvision: ${listNames(folders)}`;
  return [{ isWarning: false, text }];
}

function classNames(
  folders: readonly string[],
  indices: readonly (number | undefined)[],
  model: ModelClasses | undefined,
): readonly string[] {
  if (!model) return folders;
  if (model.labels) return model.labels;
  const names = Array.from({ length: model.count }, (_, index) => `class ${index}`);
  indices.forEach((index, i) => {
    if (index !== undefined) names[index] = folders[i]!;
  });
  return names;
}

/** Guesses what the files of a folder without class folders are. */
function guess(folder: string, files: readonly string[]): string {
  const has = (pattern: RegExp): boolean => files.some((name) => pattern.test(name));
  if (has(/^test_batch(\.bin)?$/)) return `; it looks like CIFAR-10: write cifar10:${folder}`;
  if (has(/^fine_label_names\.txt$|^test\.bin$|^meta$/)) return `; it looks like CIFAR-100: write cifar100:${folder}`;
  if (has(/^(t10k|test|train)-images[.-]idx3-ubyte/)) {
    return `; it looks like MNIST or Fashion-MNIST: write mnist:${folder} or fashion-mnist:${folder}`;
  }
  return '';
}
