import type { NetworkBuilder } from '../network-builder.js';

/** A binary layer of a checkpoint. */
export interface TrainedLayer {
  readonly g: NetworkBuilder;
  readonly name: string;
  readonly filters: number;
  /** Number of weights of a filter. */
  readonly taps: number;
}
