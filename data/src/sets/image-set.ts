/** Labelled images held in memory, all of one size. */
export interface MemoryImages {
  readonly kind: 'memory';
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** (count, height, width, channels) bytes, in shared memory so that a worker can read them without a copy. */
  readonly pixels: Uint8Array<SharedArrayBuffer>;
  /** (count) class indices. */
  readonly labels: Uint16Array<SharedArrayBuffer>;
}

/** Labelled image files, which are decoded only when needed. */
export interface FileImages {
  readonly kind: 'files';
  readonly count: number;
  /** The folder that messages name the files relative to. */
  readonly folder: string;
  /** Paths of the files, including `folder`. */
  readonly paths: readonly string[];
  /** (count) class indices. */
  readonly labels: Uint16Array<SharedArrayBuffer>;
}

/** Plain data, so that it can be sent to a worker. */
export type ImageSet = MemoryImages | FileImages;

/** Something that the user has to know about a data set, or may want to know. */
export interface Remark {
  readonly isWarning: boolean;
  readonly text: string;
}

/** One part of a data set, for training or for testing. */
export interface Dataset {
  readonly name: string;
  /** In the order of the class indices. */
  readonly classNames: readonly string[];
  readonly images: ImageSet;
  /** What the user should be told: what was left out, how folders were matched with classes. */
  readonly remarks: readonly Remark[];
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

/** The images of a set at `indices`, in that order. */
export function takeImages<T extends ImageSet>(set: T, indices: ArrayLike<number>): T;
export function takeImages(set: ImageSet, indices: ArrayLike<number>): ImageSet {
  const count = indices.length;
  const labels = sharedLabels(Array.from(indices, (index) => set.labels[index]!));
  if (set.kind === 'files') return { ...set, count, paths: Array.from(indices, (index) => set.paths[index]!), labels };
  const imageBytes = set.height * set.width * set.channels;
  const pixels = sharedBytes(count * imageBytes);
  for (let i = 0; i < count; i++) {
    const from = indices[i]! * imageBytes;
    pixels.set(set.pixels.subarray(from, from + imageBytes), i * imageBytes);
  }
  return { ...set, count, pixels, labels };
}
