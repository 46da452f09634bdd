/** How training images are varied; test images never are. */
export interface Augmentation {
  /** Images are padded with black by this many pixels on each side, then cropped at random to their size; 0: not. */
  readonly cropPadding: number;
  /** Mirrored left to right, every second time on average. */
  readonly flip: boolean;
  /** Random parts of at least this share of the area, with sides of 3:4 to 4:3 (image files only); 0: not. */
  readonly resizedCropArea: number;
}

export const NO_AUGMENTATION: Augmentation = { cropPadding: 0, flip: false, resizedCropArea: 0 };

/** All that decides what is in batch k of epoch e. It crosses to a worker, so it is plain data. */
export interface BatchPlan {
  readonly seed: number;
  readonly batchSize: number;
  /** A new order in each epoch; else the order of the set. */
  readonly shuffle: boolean;
  readonly augmentation: Augmentation;
  /** Per channel, of values in 0..1: what the network sees is (byte / 255 - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Of the square that files are scaled to, pixels; images in memory keep their size. */
  readonly side: number;
  /** A last batch of a single image is left out: batch statistics over one vector have no variance. */
  readonly dropsSingle: boolean;
}

/** A batch in an epoch, both from 0. */
export interface BatchPosition {
  readonly epoch: number;
  readonly batch: number;
}

export interface Batch extends BatchPosition {
  readonly count: number;
  /** (count, height, width, channels) float32, preprocessed. */
  readonly images: Float32Array<ArrayBuffer>;
  /** (count) class indices. */
  readonly labels: Int32Array<ArrayBuffer>;
}

/** Batches in an epoch over `count` images; the last one may be smaller. */
export function batchesPerEpoch(count: number, plan: Pick<BatchPlan, 'batchSize' | 'dropsSingle'>): number {
  const whole = Math.floor(count / plan.batchSize);
  const rest = count % plan.batchSize;
  return rest === 0 || (rest === 1 && plan.dropsSingle) ? whole : whole + 1;
}
