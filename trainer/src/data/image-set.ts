/** Labelled images held in memory, all of one size. */
export interface MemoryImages {
  readonly kind: 'memory';
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** (count, height, width, channels) bytes, in shared memory so that a worker reads them without a copy. */
  readonly pixels: Uint8Array<SharedArrayBuffer>;
  /** (count) class indices. */
  readonly labels: Uint16Array<SharedArrayBuffer>;
}

/** Labelled image files, decoded when their turn comes. */
export interface FileImages {
  readonly kind: 'files';
  readonly count: number;
  readonly paths: readonly string[];
  /** (count) class indices. */
  readonly labels: Uint16Array<SharedArrayBuffer>;
}

export type ImageSet = MemoryImages | FileImages;

/** A data set for training: two image sets and what belongs to both. */
export interface TrainingData {
  readonly name: string;
  /** In class order. */
  readonly classNames: readonly string[];
  readonly train: ImageSet;
  readonly test: ImageSet;
  /** Of what the network sees. */
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** @returns zeros in shared memory. */
export function sharedBytes(length: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(length));
}

export function sharedLabels(labels: ArrayLike<number>): Uint16Array<SharedArrayBuffer> {
  const shared = new Uint16Array(new SharedArrayBuffer(2 * labels.length));
  shared.set(labels);
  return shared;
}

/** The first `count` images of a set; all of them if `count` is absent or too large. */
export function firstImages(set: ImageSet, count: number | undefined): ImageSet {
  if (count === undefined || count >= set.count) return set;
  const labels = set.labels.subarray(0, count);
  if (set.kind === 'files') return { ...set, count, paths: set.paths.slice(0, count), labels };
  const pixels = set.pixels.subarray(0, count * set.height * set.width * set.channels);
  return { ...set, count, pixels, labels };
}
