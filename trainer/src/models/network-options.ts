import type { LayerBackend } from '../layers/layer-store.js';
import type { ActivationQuantizerName, WeightQuantizerName } from '../quantizers/index.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { RandomState } from '../types.js';

export interface NetworkOptions {
  readonly backend: LayerBackend;
  /** Draws the initial values. */
  readonly random: RandomState;
  readonly classes: number;
  /** Frequency of BiPer's wave. */
  readonly omega0: number;
  /** A weight quantizer, either the name of one of ours or a function; only `biper` has a regulariser. Default: `biper`. */
  readonly weights?: WeightQuantizerName | MakeWeightQuantizer;
  /**
   * An activation quantizer, either the name of one of ours or a function. Default: `per-sample`, as in the authors' code; 1W/32A and float
   * networks have none. With `biper`, zero counts as +1, as in a packed model.
   */
  readonly activations?: ActivationQuantizerName | MakeActivationQuantizer;
  /** `wave` is the paper's gamma = E|sin(omega0 w)|, for `biper` only. Default: `learned`, alpha as in the authors' code. */
  readonly outputScale?: 'learned' | 'wave';
  /** Bits of DoReFa's activations; default 2. */
  readonly activationBits?: number;
  /** Images of `demo_1w1a`; default 28 x 28 x 1. Every other network has one size. */
  readonly input?: DemoInput;
}

export interface DemoInput {
  /** Height and width. */
  readonly size: 28 | 32;
  readonly channels: number;
}
