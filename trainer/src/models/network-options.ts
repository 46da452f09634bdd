import type { LayerBackend } from '../layers/layer-store.js';
import type { ActivationQuantizerName, MethodName } from '../methods/index.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer, MethodOptions } from '../quantizers/types.js';
import type { RandomState } from '../types.js';
import type { NetworkStyle } from './network-style.js';

export interface NetworkOptions {
  readonly backend: LayerBackend;
  /** Draws the initial values. */
  readonly random: RandomState;
  readonly classes: number;
  /** Frequency of BiPer's wave. */
  readonly omega0: number;
  /** Default: `biper`. */
  readonly method?: MethodName;
  /** Options of the method that differ from its defaults. */
  readonly methodOptions?: Partial<MethodOptions>;
  /** Where the network's style differs from the method's. */
  readonly style?: Partial<NetworkStyle>;
  /** A weight quantizer, either that of a method by its name or a function. Default: the method's. */
  readonly weights?: MethodName | MakeWeightQuantizer;
  /**
   * An activation quantizer, either one of ours by its name or a function. Default: the method's, for `biper` that of the authors' code,
   * `per-sample`; 1W/32A and float networks have none. With `biper`, zero counts as +1, as in a packed model.
   */
  readonly activations?: ActivationQuantizerName | MakeActivationQuantizer;
  /** `wave` is the paper's gamma = E|sin(omega0 w)|, for `biper` only. Default: `learned`, the method's own. */
  readonly outputScale?: 'learned' | 'wave';
  /** Latent weights are clipped to plus or minus this after each step. */
  readonly weightClip?: number | undefined;
  /** Images of `demo_1w1a`; default 28 x 28 x 1. Every other network has one size or doesn't ask. */
  readonly input?: DemoInput;
}

export interface DemoInput {
  /** Height and width. */
  readonly size: 28 | 32;
  readonly channels: number;
}
