import type { RasterImage } from '@signwave/data';
import { openCifar10 } from './cifar10.js';
import { openFashionMnist } from './fashion-mnist.js';
import { openImageFolder } from './image-folder.js';

export interface LabelledImage {
  readonly image: RasterImage;
  /** Class index, from 0. */
  readonly label: number;
  /** What to call the image in reports: a path or "record 17". */
  readonly name: string;
}

/** Labelled test images in a fixed order. */
export interface Dataset {
  readonly name: string;
  /** Number of images. */
  readonly count: number;
  /** In class order; absent where the source doesn't tell. */
  readonly classNames?: readonly string[];
  /**
   * @param index 0 to `count` - 1.
   * @throws {SignwaveError} `E_IMAGE` if an image file can't be decoded.
   */
  read(index: number): Promise<LabelledImage>;
}

/** Data sets with a format of their own, by the word before the colon. */
const FORMATS: Readonly<Record<string, (folder: string) => Promise<Dataset>>> = {
  cifar10: openCifar10,
  'fashion-mnist': openFashionMnist,
};

/**
 * Open the test images that `spec` names: `cifar10:DIR`, `fashion-mnist:DIR`, or a folder of class folders.
 *
 * @throws {SignwaveError} `E_DATA` if they are missing, empty or malformed.
 */
export async function openDataset(spec: string): Promise<Dataset> {
  const colon = spec.indexOf(':');
  const format = spec.slice(0, Math.max(0, colon));
  if (Object.hasOwn(FORMATS, format)) return FORMATS[format]!(spec.slice(colon + 1));
  return openImageFolder(spec);
}
