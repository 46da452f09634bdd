import { SignwaveError } from '@signwave/format';
import type { DataFormat } from '../../sets/formats.js';
import { type Dataset, sharedLabels } from '../../sets/image-set.js';
import { type ModelClasses, matchFixedClasses } from '../../sets/match-classes.js';
import { openCifar } from './cifar.js';
import { CIFAR10, CIFAR100 } from './cifar-sets.js';
import type { Checksums } from './data-file.js';
import { FASHION_MNIST, MNIST, openIdx } from './idx.js';
import { openImageFolder } from './image-folder.js';
import type { FixedPart, Part } from './part.js';

/** The data set to open. */
export interface DataSource {
  readonly format: DataFormat;
  readonly folder: string;
  readonly part: Part;
  /** Expected SHA-256 of files. */
  readonly checksums?: Checksums | undefined;
  /** The model whose classes the labels should be. Absent: the data set's own order. */
  readonly model?: ModelClasses | undefined;
}

const PART_TITLES: Readonly<Record<Part, string>> = { train: 'training images', test: 'test images' };

/**
 * Open one part of a data set. Sets in memory are read and checked in full; image files are only listed.
 *
 * @throws {SignwaveError} `E_DATA` if it is missing, empty or malformed, if a checksum differs, or if it can't be told which of the model's
 *   classes its classes are.
 */
export async function openDataset(source: DataSource): Promise<Dataset> {
  const { format, folder, part, checksums = {}, model } = source;
  if (folder === '') throw new SignwaveError('E_DATA', `${format}: names no folder; write ${format}:DIR`);
  switch (format) {
    case 'cifar10':
      return fixed(await openCifar(CIFAR10, folder, part, checksums), part, model);
    case 'cifar100':
      return fixed(await openCifar(CIFAR100, folder, part, checksums), part, model);
    case 'mnist':
      return fixed(await openIdx(MNIST, folder, part, checksums), part, model);
    case 'fashion-mnist':
      return fixed(await openIdx(FASHION_MNIST, folder, part, checksums), part, model);
    case 'folder':
      return openImageFolder(folder, part, model);
  }
}

function fixed({ name, classNames, images }: FixedPart, part: Part, model: ModelClasses | undefined): Dataset {
  const title = `${name} ${PART_TITLES[part]}`;
  if (!model) return { name: title, classNames, images, remarks: [] };
  const { indices, remarks } = matchFixedClasses(name, classNames, model);
  const labels = sharedLabels(Array.from(images.labels, (label) => indices[label]!));
  const names = Array.from(
    { length: model.count },
    (_, index) => classNames[indices.indexOf(index)] ?? `class ${index}`,
  );
  return { name: title, classNames: model.labels ?? names, images: { ...images, labels }, remarks };
}
