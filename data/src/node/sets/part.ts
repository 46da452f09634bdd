import type { MemoryImages } from '../../sets/image-set.js';

/** Which images of a data set: those to train on, or those that are kept for testing. */
export type Part = 'train' | 'test';

/** A part of a data set whose classes have an order of their own. */
export interface FixedPart {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly images: MemoryImages;
}
