import { SignwaveError } from '@signwave/format';
import { openCifar10, openCifar100 } from './cifar.js';
import type { Checksums } from './data-file.js';
import { openFashionMnist, openMnist } from './idx.js';
import { openImageFolder } from './image-folder.js';
import { firstImages, type TrainingData } from './image-set.js';

export const DATA_FORMATS = ['cifar10', 'cifar100', 'fashion-mnist', 'mnist', 'folder'] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

/** What to open, as a config says it. */
export interface DataSource {
  readonly format: DataFormat;
  readonly folder: string;
  readonly sha256: Checksums;
  /** Only the first so many; all by default. */
  readonly trainImages?: number | undefined;
  readonly testImages?: number | undefined;
  /** Of the square that image files are scaled to, pixels. */
  readonly side: number;
}

/**
 * Open both parts of a data set; what is held in memory is read and checked in full.
 *
 * @throws {SignwaveError} `E_DATA` if it is missing, malformed, or a file's checksum isn't the config's.
 */
export async function openData(source: DataSource): Promise<TrainingData> {
  const data = await open(source);
  const limited = {
    ...data,
    train: firstImages(data.train, source.trainImages),
    test: firstImages(data.test, source.testImages),
  };
  if (limited.train.count < 2) {
    throw new SignwaveError('E_DATA', `${data.name} has ${limited.train.count} training images, expected at least 2`);
  }
  return limited;
}

function open({ format, folder, sha256, side }: DataSource): Promise<TrainingData> {
  switch (format) {
    case 'cifar10':
      return openCifar10(folder, sha256);
    case 'cifar100':
      return openCifar100(folder, sha256);
    case 'fashion-mnist':
      return openFashionMnist(folder, sha256);
    case 'mnist':
      return openMnist(folder, sha256);
    case 'folder':
      return openImageFolder(folder, side);
  }
}
