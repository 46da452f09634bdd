import type { LayerBackend } from '../layers/layer-store.js';
import type { ActivationQuantizerName, WeightQuantizerName } from '../quantizers/index.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type { RandomState } from '../types.js';

export interface NetworkOptions {
  readonly backend: LayerBackend;
  /** Where initial values come from. */
  readonly random: RandomState;
  readonly classes: number;
  /** Frequency of BiPer's wave. */
  readonly omega0: number;
  /** One of ours by name, or any other; only `biper` has a regulariser. Default: `biper`. */
  readonly weights?: WeightQuantizerName | MakeWeightQuantizer;
  /**
   * One of ours by name, or any other. Default: `per-sample`, as the authors' code; 1W/32A and float networks have none. With `biper` zero counts as +1, as in a packed model.
   */
  readonly activations?: ActivationQuantizerName | MakeActivationQuantizer;
  /** `wave`: the paper's gamma = E|sin(omega0 w)|, for `biper` only. Default: `learned`, alpha as in the authors' code. */
  readonly outputScale?: 'learned' | 'wave';
  /** Of DoReFa's activations; default 2. */
  readonly activationBits?: number;
  /** Of `demo_1w1a` only; default 28 x 28 x 1. Every other network has one size. */
  readonly input?: DemoInput;
}

export interface DemoInput {
  /** Height and width. */
  readonly size: 28 | 32;
  readonly channels: number;
}
