import type { RasterImage, Remark } from '@signwave/data';
import { SignwaveError } from '@signwave/format';

/** Images without labels, which are read one by one. */
export interface Images {
  /** What messages call them: the data set's name. */
  readonly name: string;
  readonly count: number;
  /** @returns undefined if the image can't be decoded. */
  read(n: number): Promise<{ readonly image: RasterImage } | undefined>;
  end(): void;
}

export interface LabelledImage {
  /** Position in the data set, from 0. */
  readonly index: number;
  readonly image: RasterImage;
  /** Class index, from 0. */
  readonly label: number;
  /** What reports call the image: its path, or "image 17". */
  readonly name: string;
}

/** The images of a data set to work on: all of them or a sample. */
export interface ImageSample extends Images {
  /** Which images these are: "20 of 100 images, evenly over 10 classes, seed 0". */
  readonly description: string;
  /** Number of images in the sample, including those that can't be decoded. */
  readonly count: number;
  /** Number of images in the data set. */
  readonly available: number;
  /** Names of the classes, in the order of their indices. */
  readonly classNames: readonly string[];
  /** @returns undefined if the image can't be decoded and that isn't an error. */
  read(n: number): Promise<LabelledImage | undefined>;
  /** As `read`. @returns why an image can't be decoded. */
  tryRead(n: number): Promise<LabelledImage | UndecodableImage>;
  /**
   * Ends the reading of the sample, and tells of the images that couldn't be decoded.
   *
   * @throws {SignwaveError} `E_IMAGE` if none could.
   */
  end(): void;
}

export interface Undecodable {
  readonly name: string;
  readonly reason: string;
}

/** An image of a data set that can't be decoded. */
export interface UndecodableImage extends Undecodable {
  /** Position in the data set, from 0. */
  readonly index: number;
}

const SHOWN = 5;

/**
 * Tells which images of a sample couldn't be decoded.
 *
 * @param name of the data set in messages.
 * @param count number of images in the sample.
 * @throws {SignwaveError} `E_IMAGE` if none could.
 */
export function tellUndecodable(
  name: string,
  count: number,
  undecodable: readonly Undecodable[],
  onRemark: (remark: Remark) => void,
): void {
  if (undecodable.length === 0) return;
  const what = `${undecodable.length} of ${count} images can't be decoded`;
  if (undecodable.length === count) {
    throw new SignwaveError('E_IMAGE', `${name}: ${what}; the first: ${undecodable[0]!.reason}`);
  }
  onRemark({ isWarning: true, text: `${name}: ${what} and are left out:` });
  const note = (text: string): void => onRemark({ isWarning: false, text });
  for (const { reason } of undecodable.slice(0, SHOWN)) note(`  ${reason}`);
  if (undecodable.length > SHOWN) note(`  and ${undecodable.length - SHOWN} more`);
}
