import { biRealActivations } from './activations/bi-real.js';
import { biperActivations } from './activations/biper.js';
import { clippedSte } from './activations/clipped-ste.js';
import { dorefaActivations } from './activations/dorefa.js';
import { identity } from './activations/identity.js';
import { perSampleScaled } from './activations/per-sample.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from './types.js';
import { biRealWeights } from './weights/bi-real.js';
import { biper } from './weights/biper.js';
import { bnn } from './weights/bnn.js';
import { dorefaWeights } from './weights/dorefa.js';
import { dsq } from './weights/dsq.js';
import { irNet } from './weights/ir-net.js';
import { recu } from './weights/recu.js';
import { reste } from './weights/reste.js';
import { xnorNet } from './weights/xnor-net.js';

/** Weight quantizers, by their names in a config. */
export const WEIGHT_QUANTIZERS = {
  biper,
  bnn,
  'xnor-net': xnorNet,
  dorefa: dorefaWeights,
  'bi-real': biRealWeights,
  'ir-net': irNet,
  recu,
  reste,
  dsq,
} as const satisfies Readonly<Record<string, MakeWeightQuantizer>>;

/** Activation quantizers, by their names in a config. `per-sample` is what BiPer's code does, `biper` what its paper says. */
export const ACTIVATION_QUANTIZERS = {
  biper: biperActivations,
  'per-sample': perSampleScaled,
  'bi-real': biRealActivations,
  'clipped-ste': clippedSte,
  dorefa: dorefaActivations,
  identity,
} as const satisfies Readonly<Record<string, MakeActivationQuantizer>>;

/** Default bits of DoReFa's activations. */
export const ACTIVATION_BITS = 2;

export type WeightQuantizerName = keyof typeof WEIGHT_QUANTIZERS;
export type ActivationQuantizerName = keyof typeof ACTIVATION_QUANTIZERS;

export type { ActivationQuantizer, WeightQuantizer } from './types.js';
