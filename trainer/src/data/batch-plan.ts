/** How training images are varied; test images never are. */
export interface Augmentation {
  /** Images are padded with black by this many pixels on each side, then cropped to their size at a random place; 0 turns it off. */
  readonly cropPadding: number;
  /**
   * Whether images are mirrored left to right, at random, half of the time. With `alternate` each is mirrored in every second epoch: chance
   * decides for its first epoch alone, so that any two epochs show both of its sides.
   */
  readonly flip: boolean | 'alternate';
  /** Image files are cropped at random to at least this share of their area, with sides of 3:4 to 4:3; 0 turns it off. */
  readonly resizedCropArea: number;
}

export const NO_AUGMENTATION: Augmentation = { cropPadding: 0, flip: false, resizedCropArea: 0 };

/** Everything that decides what is in batch k of epoch e. It is sent to a worker, so it is plain data. */
export interface BatchPlan {
  readonly seed: number;
  readonly batchSize: number;
  /** Whether each epoch has a new order; otherwise the set's own order is kept. */
  readonly shuffle: boolean;
  readonly augmentation: Augmentation;
  /** One value for each channel, where pixels are 0 to 1: the network sees (byte / 255 - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Side of the square that image files are scaled to, in pixels; images in memory keep their size. */
  readonly side: number;
  /** Whether a last batch of a single image is left out: statistics over one vector have no variance. */
  readonly dropsSingle: boolean;
}

/** A batch's place within the run: epoch and batch, both counted from 0. */
export interface BatchPosition {
  readonly epoch: number;
  readonly batch: number;
}

export interface Batch extends BatchPosition {
  readonly count: number;
  /** (count, height, width, channels) float32, preprocessed. */
  readonly images: Float32Array<ArrayBuffer>;
  /** (count), class indices. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** (count), numbers of the views (`viewNumber`); undefined for image files, which are cropped and resized in more ways than can be numbered. */
  readonly views?: Int32Array<ArrayBuffer>;
}

/** Number of batches in an epoch over `count` images; the last batch may be smaller. */
export function batchesPerEpoch(count: number, plan: Pick<BatchPlan, 'batchSize' | 'dropsSingle'>): number {
  const whole = Math.floor(count / plan.batchSize);
  const rest = count % plan.batchSize;
  return rest === 0 || (rest === 1 && plan.dropsSingle) ? whole : whole + 1;
}
