import { clippedSte } from '../quantizers/clipped-ste.js';
import { identity } from '../quantizers/identity.js';
import { perSampleScaled } from '../quantizers/per-sample.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer, MethodOptions } from '../quantizers/types.js';
import { adabin } from './adabin.js';
import { biReal } from './bi-real.js';
import { biper } from './biper.js';
import { bnn } from './bnn.js';
import { bonn } from './bonn.js';
import { dirNet } from './dir-net.js';
import { dorefa } from './dorefa.js';
import { dsq } from './dsq.js';
import { fda } from './fda.js';
import { fullPrecision } from './full-precision.js';
import { hwgq } from './hwgq.js';
import { irNet } from './ir-net.js';
import { lcrBnn } from './lcr-bnn.js';
import { lqNet } from './lq-net.js';
import type { Method, Place } from './method.js';
import { mst } from './mst.js';
import { pcnn } from './pcnn.js';
import { rad } from './rad.js';
import { rbnn } from './rbnn.js';
import { reactnet, shiftedSign } from './reactnet.js';
import { recu } from './recu.js';
import { reste } from './reste.js';
import { signTwoStage } from './sign-two-stage.js';
import { slb } from './slb.js';
import { steSign } from './ste-sign.js';
import { swishSign } from './swish-sign.js';
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
  hwgq,
  'lq-net': lqNet,
  slb,
  fda,
  rbnn,
  rad,
  'lcr-bnn': lcrBnn,
  pcnn,
  bonn,
  'dir-net': dirNet,
  mst,
  reactnet,
  adabin,
  'ste-sign': steSign,
  'swish-sign': swishSign,
} as const satisfies Readonly<Record<string, Method>>;

export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as readonly MethodName[];

/** Activation quantizers that aren't called like a method. `per-sample` is that of BiPer's code; `biper` is that of its paper. */
const OTHER_ACTIVATIONS = {
  'per-sample': perSampleScaled,
  'clipped-ste': clippedSte,
  rsign: shiftedSign,
  identity,
} as const satisfies Readonly<Record<string, MakeActivationQuantizer>>;

export type ActivationQuantizerName = MethodName | keyof typeof OTHER_ACTIVATIONS;
/** Methods whose activation quantizer has a name of its own, that of their authors. */
const NAMES_OF_ACTIVATIONS: Readonly<Partial<Record<MethodName, ActivationQuantizerName>>> = { reactnet: 'rsign' };

/** What a config calls the activation quantizer of a method. */
export function activationsOf(method: MethodName): ActivationQuantizerName {
  return NAMES_OF_ACTIVATIONS[method] ?? method;
}

/** Methods that quantize weights. */
export const WEIGHT_QUANTIZER_NAMES: readonly MethodName[] = METHOD_NAMES.filter((name) => name !== 'full-precision');
export const ACTIVATION_QUANTIZER_NAMES: readonly ActivationQuantizerName[] = [
  ...WEIGHT_QUANTIZER_NAMES.filter((name) => activationsOf(name) === name),
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

/** What most defaults are for: CIFAR's ResNet-20. */
const USUAL_PLACE: Place = { family: 'resnet20', precision: '1w1a' };

/** All options of a method. @param given those that differ from the defaults, which may depend on the place. */
export function optionsOf(name: string, given: Partial<MethodOptions> = {}, place: Place = USUAL_PLACE): MethodOptions {
  const method: Method | undefined = Object.hasOwn(METHODS, name) ? METHODS[name as MethodName] : undefined;
  const defaults = Object.entries(method?.options ?? {}).map(([key, spec]) => {
    const value = spec.default;
    return [key, typeof value === 'function' ? value(place) : value] as const;
  });
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...defaults, ...present]) as MethodOptions;
}

/** Options of quantizers that another method's config names: those that they had before methods had options. */
const WHEN_BORROWED: Readonly<Record<string, MethodOptions>> = { dorefa: { bits: 2 } };

/** The options of a method's quantizer in a network of another method. */
export function borrowedOptionsOf(name: string, place: Place = USUAL_PLACE): MethodOptions {
  return optionsOf(name, WHEN_BORROWED[name], place);
}

export type { LossInputs, Method } from './method.js';
