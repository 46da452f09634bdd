import { clippedSte } from '../quantizers/clipped-ste.js';
import { identity } from '../quantizers/identity.js';
import { perSampleScaled } from '../quantizers/per-sample.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer, MethodOptions } from '../quantizers/types.js';
import { biReal } from './bi-real.js';
import { biper } from './biper.js';
import { bnn } from './bnn.js';
import { bonn } from './bonn.js';
import { dirNet } from './dir-net.js';
import { dorefa } from './dorefa.js';
import { dsq } from './dsq.js';
import { fullPrecision } from './full-precision.js';
import { irNet } from './ir-net.js';
import { lcrBnn } from './lcr-bnn.js';
import type { Method } from './method.js';
import { mst } from './mst.js';
import { pcnn } from './pcnn.js';
import { rad } from './rad.js';
import { recu } from './recu.js';
import { reste } from './reste.js';
import { signTwoStage } from './sign-two-stage.js';
import { xnorNet } from './xnor-net.js';

/** The methods that a config may name. */
export const METHODS = {
  biper,
  'sign-two-stage': signTwoStage,
  'full-precision': fullPrecision,
  bnn,
  'xnor-net': xnorNet,
  dorefa,
  'bi-real': biReal,
  'ir-net': irNet,
  recu,
  reste,
  dsq,
  rad,
  'lcr-bnn': lcrBnn,
  pcnn,
  bonn,
  'dir-net': dirNet,
  mst,
} as const satisfies Readonly<Record<string, Method>>;

export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as readonly MethodName[];

/** Activation quantizers that aren't called like a method. `per-sample` is that of BiPer's code; `biper` is that of its paper. */
const OTHER_ACTIVATIONS = {
  'per-sample': perSampleScaled,
  'clipped-ste': clippedSte,
  identity,
} as const satisfies Readonly<Record<string, MakeActivationQuantizer>>;

export type ActivationQuantizerName = MethodName | keyof typeof OTHER_ACTIVATIONS;
/** Methods that quantize weights. */
export const WEIGHT_QUANTIZER_NAMES: readonly MethodName[] = METHOD_NAMES.filter((name) => name !== 'full-precision');
export const ACTIVATION_QUANTIZER_NAMES: readonly ActivationQuantizerName[] = [
  ...WEIGHT_QUANTIZER_NAMES,
  ...(Object.keys(OTHER_ACTIVATIONS) as (keyof typeof OTHER_ACTIVATIONS)[]),
];

export function weightQuantizerNamed(name: MethodName): MakeWeightQuantizer {
  return METHODS[name].weights;
}

export function activationQuantizerNamed(name: ActivationQuantizerName): MakeActivationQuantizer {
  return Object.hasOwn(METHODS, name)
    ? METHODS[name as MethodName].activations
    : OTHER_ACTIVATIONS[name as keyof typeof OTHER_ACTIVATIONS];
}

/** All options of a method. @param given those that differ from the defaults. */
export function optionsOf(name: string, given: Partial<MethodOptions> = {}): MethodOptions {
  const method: Method | undefined = Object.hasOwn(METHODS, name) ? METHODS[name as MethodName] : undefined;
  const defaults = Object.entries(method?.options ?? {}).map(([key, spec]) => [key, spec.default] as const);
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...defaults, ...present]) as MethodOptions;
}

export type { LossInputs, Method } from './method.js';
