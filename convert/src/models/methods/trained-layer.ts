import type { NetworkBuilder } from '../network-builder.js';

/** A binary layer of a checkpoint. */
export interface TrainedLayer {
  readonly g: NetworkBuilder;
  readonly name: string;
  readonly filters: number;
  /** Height and width of a filter. */
  readonly kernel: number;
  /** Number of weights of a filter. */
  readonly taps: number;
}
