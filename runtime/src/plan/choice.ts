import type { LutParameters, LutWork } from '../kernels/lut-parameters.js';
import type { FusedGroup } from './fuse.js';
import type { Grids } from './grids.js';

/** Which kernels binary convolutions use: `auto` takes the fastest, `xnor` counts bits, `lut` takes tables wherever they can be used. */
export type BinaryKernels = 'auto' | 'xnor' | 'lut';

/** Picks the tables of a convolution that can use them; undefined if none fit. `head` is the convolution's node. */
export type PickTables = (work: LutWork, head: number) => LutParameters | undefined;

/** What the kernels' rooms need to know of the choice between them. */
export interface Choice {
  /** The binary convolutions that use look-up tables, and how. */
  readonly luts: ReadonlyMap<FusedGroup, LutParameters>;
  /** Why a binary convolution uses no tables, in words. */
  readonly refusals: ReadonlyMap<FusedGroup, string>;
  /** The pitch of each map of planes. */
  readonly grids: Grids;
}
