import type { MemoryImages } from '../../sets/image-set.js';

/** Selects images of a data set: those for training, or those kept for testing. */
export type Part = 'train' | 'test';

/** A part of a data set whose classes have a fixed order. */
export interface FixedPart {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly images: MemoryImages;
}
