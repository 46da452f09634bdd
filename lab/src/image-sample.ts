import type { RasterImage } from '@signwave/data';

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
  /**
   * Ends the reading of the sample. @returns the images that couldn't be decoded.
   *
   * @throws {SignwaveError} `E_IMAGE` if none could.
   */
  end(): readonly Undecodable[];
}

export interface Undecodable {
  readonly name: string;
  readonly reason: string;
}
