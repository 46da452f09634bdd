import type { LutParameters, LutWork } from '../kernels/lut-parameters.js';
import type { FusedGroup } from './fuse.js';
import type { Grids } from './grids.js';

/** Which kernels binary convolutions may take: `auto` takes what is fastest, `lut` tables wherever they can be used. */
export type BinaryKernels = 'auto' | 'xnor' | 'lut';

/** Picks the tables of a convolution that can use them, `head` its node; undefined if none fit. */
export type PickTables = (work: LutWork, head: number) => LutParameters | undefined;

/** What the rooms of kernels need to know of the choice between them. */
export interface Choice {
  /** Binary convolutions by look-up tables. */
  readonly luts: ReadonlyMap<FusedGroup, LutParameters>;
  /** Why a binary convolution takes no tables, in words. */
  readonly refusals: ReadonlyMap<FusedGroup, string>;
  /** Where the lanes of maps of planes lie. */
  readonly grids: Grids;
}
