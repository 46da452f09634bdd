import type { RasterImage } from '@signwave/data';

/** Images without labels, one by one. */
export interface Images {
  /** What to call them: a data set's own name. */
  readonly name: string;
  readonly count: number;
  /** @returns undefined for one that can't be decoded. */
  read(n: number): Promise<{ readonly image: RasterImage } | undefined>;
  end(): void;
}

export interface LabelledImage {
  readonly image: RasterImage;
  /** Class index, from 0. */
  readonly label: number;
  /** What to call the image in reports: a path or "image 17". */
  readonly name: string;
}

/** Images of a data set to work on: all, or a sample of them. */
export interface ImageSample extends Images {
  /** "20 of 100 images, evenly over 10 classes, seed 0" */
  readonly description: string;
  /** Images of the sample, those that can't be decoded included. */
  readonly count: number;
  /** Images of the data set. */
  readonly available: number;
  /** In class order. */
  readonly classNames: readonly string[];
  /** @returns undefined if the image can't be decoded, unless that is an error. */
  read(n: number): Promise<LabelledImage | undefined>;
  /**
   * Say which images couldn't be decoded, once all were read.
   *
   * @throws {SignwaveError} `E_IMAGE` if none could.
   */
  end(): readonly Undecodable[];
}

export interface Undecodable {
  readonly name: string;
  readonly reason: string;
}
